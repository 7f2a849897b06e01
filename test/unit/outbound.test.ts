import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { outboundFetch } from "../../src/outbound/outbound.ts";
import { isPublicAddress } from "../../src/outbound/special-use.ts";

describe("a request to a name that somebody else controls", () => {
  let server: Server;
  let port: number;
  let reached: (string | undefined)[] = [];

  before(async () => {
    server = createServer((request, response) => {
      reached.push(request.socket.localAddress);
      response.setHeader("connection", "close").end("ok");
    });
    await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
    ({ port } = server.address() as AddressInfo);
  });
  after(() => server.close());
  beforeEach(() => {
    reached = [];
  });

  const ipv4 = (address: string) => ({ address, family: 4 });
  const causeOf = (error: Error) => String((error.cause as Error | undefined)?.message);

  it("goes to the address that was checked, though the name answers another one the next moment", async () => {
    const answers = [[ipv4("127.0.0.2")], [ipv4("127.0.0.1")], [ipv4("127.0.0.2")]];
    const fetch = outboundFetch(["127.0.0.2/32"], async () => answers.shift() ?? []);
    expect((await fetch(`http://rebinding.example:${port}/`)).status).to.equal(200);
    expect(await fetch(`http://rebinding.example:${port}/`).catch(causeOf)).to.match(/special use/);
    expect((await fetch(`http://rebinding.example:${port}/`)).status).to.equal(200);
    expect(reached).to.deep.equal(["127.0.0.2", "127.0.0.2"]);
  });

  it("is refused where the address is public by the registries alone, and belongs to the cloud around it", async () => {
    for (const address of [
      "168.63.129.16",
      "161.26.0.10",
      "166.9.48.12",
      "::ffff:168.63.129.16",
      "64:ff9b::a83f:8110",
      "2002:a83f:8110::1",
      "100.100.100.200",
      "192.0.0.192",
      "fd00:ec2::254",
    ])
      expect(isPublicAddress(address), address).to.equal(false);
    for (const address of ["168.63.129.17", "161.25.255.255", "166.12.0.1", "8.8.8.8", "2606:4700::1111"])
      expect(isPublicAddress(address), address).to.equal(true);
    const azure = outboundFetch([], async () => [ipv4("168.63.129.16")]);
    expect(await azure(`http://wire.example:${port}/`).catch(causeOf)).to.match(/special use/);
  });

  it("leaves out, of several addresses, those that must not be reached", async () => {
    const fetch = outboundFetch(["127.0.0.2/32"], async () => [ipv4("127.0.0.1"), ipv4("10.0.0.1"), ipv4("127.0.0.2")]);
    expect((await fetch(`http://mixed.example:${port}/`)).status).to.equal(200);
    expect(reached).to.deep.equal(["127.0.0.2"]);
  });

  it("is refused where the name has no address that may be reached, or none at all", async () => {
    const inside = outboundFetch([], async () => [ipv4("192.168.1.1"), { address: "fd00::1", family: 6 }, { address: "::1", family: 6 }]);
    expect(await inside(`http://inside.example:${port}/`).catch(causeOf)).to.match(/special use/);
    const missing = outboundFetch([], async () => Promise.reject(new Error("no such name")));
    expect(await missing(`http://missing.example:${port}/`).catch(causeOf)).to.match(/no such name/);
    expect(reached).to.deep.equal([]);
  });
});
