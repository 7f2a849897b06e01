import { expect } from "chai";
import { Files } from "../../examples/file-share/files.ts";

describe("a file of the example application", () => {
  const fileFor = (email: string) => {
    const files = new Files();
    files.add({ name: "Plan.txt", text: "text", emails: [email] }, "plan");
    return files;
  };

  it("opens for a verified address, however its letters are written", () => {
    expect(fileFor("Ada@Example.com").openFor("plan", { sub: "1", verifiedEmail: "ada@example.com" })).to.include({ name: "Plan.txt" });
  });

  it("does not open where the provider does not vouch for the address", () => {
    expect(fileFor("ada@example.com").openFor("plan", { sub: "1", verifiedEmail: undefined })).to.equal(undefined);
  });

  it("does not open for another person who has the address by now", () => {
    const files = fileFor("ada@example.com");
    files.openFor("plan", { sub: "1", verifiedEmail: "ada@example.com" });
    expect(files.openFor("plan", { sub: "2", verifiedEmail: "ada@example.com" })).to.equal(undefined);
    expect(files.openFor("plan", { sub: "1", verifiedEmail: undefined })).to.include({ name: "Plan.txt" });
  });
});
