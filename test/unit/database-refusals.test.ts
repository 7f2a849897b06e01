import { expect } from "chai";
import { asRefusal } from "../../src/database/reachable.ts";
import { InputError } from "../../src/errors.ts";

describe("what a database refuses at the start", () => {
  const said = (code: string, message: string) => asRefusal(Object.assign(new Error(message), { code }))?.message;

  it("is reported with what helps", () => {
    expect(said("42P05", 'SELECT 1 - prepared statement "guestpass_0" already exists')).to.equal(
      'The database refuses the connection: prepared statement "guestpass_0" already exists. A pooler in front of PostgreSQL loses prepared statements: set GUESTPASS_DATABASE_PREPARED=off, or use PgBouncer 1.21 or later with max_prepared_statements.',
    );
    expect(said("SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain")).to.contain("sslrootcert=");
    expect(said("28P01", 'password authentication failed for user "guestpass"')).to.contain("Check the user and password");
  });

  it("is left alone where nothing is known to help, or a sentence says it already", () => {
    expect(said("42601", "syntax error")).to.equal(undefined);
    expect(asRefusal(new InputError("No."))).to.equal(undefined);
  });
});
