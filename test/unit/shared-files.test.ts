import { expect } from "chai";
import { Files } from "../../examples/file-share/files.ts";

describe("a file of the example application", () => {
  let files: Files;
  const opens = (sub: string, ...invitations: string[]) => files.openFor("plan", { sub, invitations }).outcome;

  beforeEach(() => {
    files = new Files();
    files.share(files.add("Plan.txt", "text", "plan"), { invitation: "i1", sub: "ada", email: "ada@company.example" });
  });

  it("opens for the guest it is shared with, by an invitation that was proven", () => {
    expect(opens("ada", "i0", "i1")).to.equal("open");
    expect(opens("eve")).to.equal("closed");
    expect(files.openFor("nothing", { sub: "ada", invitations: ["i1"] }).outcome).to.equal("closed");
  });

  it("does not open by an invitation to something else, and names the address whose mailbox has to be proven", () => {
    const access = files.openFor("plan", { sub: "ada", invitations: ["i0"] });
    expect(access).to.deep.equal({ outcome: "unproven", email: "ada@company.example" });
  });

  it("does not open once revoked; of two invitations the other one still opens it", () => {
    const file = files.find("plan");
    if (!file) throw new Error("no file");
    files.share(file, { invitation: "i2", sub: "ada", email: "ada@home.example" });
    files.revoke(file, "i1");
    expect(opens("ada", "i1")).to.equal("unproven");
    expect(opens("ada", "i1", "i2")).to.equal("open");
    files.revoke(file, "i2");
    expect(opens("ada", "i1", "i2")).to.equal("closed");
  });

  it("stays shared with a guest who was merged into another: the invitation says so", () => {
    expect(opens("augusta", "i1")).to.equal("open");
    expect(opens("ada")).to.equal("closed");
  });
});
