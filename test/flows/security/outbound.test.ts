// RFC 9700, 4.10 (SSRF): an address that an application chose, its jwks_uri, is no way into the operator's network.
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";
import { Guestpass } from "../../support/guestpass.ts";
import { endpoints, post, type Reply } from "../../support/protocol.ts";

describe("an application's jwks_uri", () => {
  let guestpass: Guestpass;
  let internal: Server;
  let port: number;
  let privateKey: CryptoKey;
  let jwks: string;
  let registered = 0;
  let connections = 0;
  let requests: (string | undefined)[] = [];
  let answer: (response: ServerResponse) => void;

  before(async () => {
    const pair = await generateKeyPair("ES256", { extractable: true });
    privateKey = pair.privateKey;
    jwks = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), alg: "ES256", use: "sig" }] });
    internal = createServer((request, response) => {
      requests.push(request.url);
      answer(response);
    });
    internal.on("connection", () => connections++);
    await new Promise<void>((resolve) => internal.listen(0, "::", resolve));
    ({ port } = internal.address() as AddressInfo);
  });
  after(() => internal.close());

  beforeEach(() => {
    connections = 0;
    requests = [];
    answer = (response) => response.end(jwks);
  });
  afterEach(() => guestpass.stop());

  /** Registers an application with this jwks_uri and lets it authenticate with its key. */
  async function authenticate(uri: string): Promise<Reply> {
    const clientId = `keyed-${++registered}`;
    await guestpass.register(clientId, { metadata: { token_endpoint_auth_method: "private_key_jwt", jwks_uri: uri } });
    const assertion = await new SignJWT({ jti: clientId, iss: clientId, sub: clientId, aud: guestpass.issuer })
      .setProtectedHeader({ alg: "ES256" })
      .setExpirationTime("1 minute")
      .sign(privateKey);
    const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    return post(guestpass, endpoints.introspection, undefined, { token: "any", client_assertion_type: type, client_assertion: assertion });
  }
  const isRefused = ({ status, json, headers }: Reply, why: string) => {
    expect(status, why).to.be.oneOf([400, 401]);
    expect(JSON.stringify(json) + JSON.stringify([...headers]), why).not.to.match(/special|ECONN|ENOTFOUND|127\.|::1|keys/i);
  };

  it("does not reach this machine, whatever way it is written", async () => {
    guestpass = await Guestpass.start();
    const hosts = ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.2", "0.0.0.0"];
    const hosts6 = ["[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[0:0:0:0:0:0:0:1]"];
    for (const host of [...hosts, ...hosts6]) isRefused(await authenticate(`http://${host}:${port}/jwks`), host);
    expect({ connections, requests }).to.deep.equal({ connections: 0, requests: [] });
  });

  it("does not reach an operator's networks nor a cloud's metadata, and does not wait for them", async () => {
    guestpass = await Guestpass.start();
    const hosts = ["10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "198.18.0.1", "224.0.0.1", "255.255.255.255"];
    for (const host of [...hosts, "[fe80::1]", "[fd00:ec2::254]", "[2002:7f00:1::]", "[ff02::1]"]) {
      isRefused(await authenticate(`http://${host}/jwks`), host);
    }
  });

  it("reaches a network that the operator allows, and no other", async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ALLOWED_NETWORKS: "127.0.0.2/32, fd00::/8" });
    isRefused(await authenticate(`http://127.0.0.1:${port}/jwks`), "127.0.0.1");
    isRefused(await authenticate(`http://[::1]:${port}/jwks`), "::1");
    expect(requests).to.deep.equal([]);
    expect((await authenticate(`http://127.0.0.2:${port}/jwks`)).status).to.equal(200);
    expect(requests).to.deep.equal(["/jwks"]);
  });

  it("leads nowhere else by a redirect", async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ALLOWED_NETWORKS: "127.0.0.2/32" });
    for (const [status, target] of [
      [301, `http://127.0.0.1:${port}/elsewhere`],
      [302, `http://localhost:${port}/elsewhere`],
      [307, "/elsewhere"],
      [303, "file:///etc/passwd"],
    ] as const) {
      answer = (response) => response.writeHead(status, { location: target }).end(jwks);
      isRefused(await authenticate(`http://127.0.0.2:${port}/jwks`), target);
    }
    expect(new Set(requests)).to.deep.equal(new Set(["/jwks"]));
  });

  it("delays nothing with an endless answer", async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ALLOWED_NETWORKS: "127.0.0.2/32" });
    let sent = 0;
    let ended: Promise<void> = Promise.resolve();
    answer = (response) => {
      const chunk = `{"keys":[${"[],".repeat(20_000)}`;
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      ended = new Promise((resolve) => response.on("close", resolve));
      response.on("drain", more);
      more();
    };
    isRefused(await authenticate(`http://127.0.0.2:${port}/jwks`), "endless");
    await ended;
    expect(sent).to.be.lessThan(20_000_000);
  });

  it("is not used as a key set where it answers anything else", async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ALLOWED_NETWORKS: "127.0.0.2/32" });
    for (const body of [
      "",
      "<html>",
      "[]",
      "{}",
      '{"keys":{}}',
      '{"keys":[null]}',
      '{"keys":[{"kty":"oct","k":"AA"}]}',
      `{"__proto__":${jwks}}`,
    ]) {
      answer = (response) => response.end(body);
      isRefused(await authenticate(`http://127.0.0.2:${port}/jwks`), body);
    }
    answer = (response) => response.writeHead(500).end(jwks);
    isRefused(await authenticate(`http://127.0.0.2:${port}/jwks`), "a failure");
  });
});
