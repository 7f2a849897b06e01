import type { Knex } from "knex";

export async function up(db: Knex): Promise<void> {
  // Keys that sign stay in signing_keys, one for each algorithm, where the version before looks for them.
  await db.schema.alterTable("signing_keys", (table) => {
    // The fingerprint of the master key that it is sealed under; empty if the version before has made it.
    table.text("secret");
    // When it began to sign; empty if that was when it was made.
    table.bigInteger("since");
  });
  // Keys that are published and do not sign: the next ones, and previous ones until what they signed is over.
  await db.schema.createTable("published_keys", (table) => {
    table.text("kid").primary();
    table.text("alg").notNullable();
    table.text("state").notNullable();
    // The private JWK of a next one, the public JWK of a previous one, as a JWE under the master key (RFC 7516).
    table.text("sealed_jwk").notNullable();
    table.text("secret").notNullable();
    table.bigInteger("since").notNullable();
    table.bigInteger("ends_at");
  });
  await db.raw("CREATE UNIQUE INDEX published_keys_next ON published_keys (alg) WHERE state = 'next'");
}
