// An authenticator in software (WebAuthn Level 3, ES256, attestation "none"): answers the options of a page as a browser and a passkey would.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

interface Options {
  challenge: string;
  rp?: { id?: string };
  rpId?: string;
}

interface Answering {
  origin: string;
  /** The person was verified, by a fingerprint or the like. */
  verified?: boolean;
}

export class Authenticator {
  readonly id = randomBytes(32);
  readonly #keys: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  #count = 0;

  /** navigator.credentials.create() */
  create(options: Options, { origin, verified = true }: Answering): object {
    const { x = "", y = "" } = this.#keys.publicKey.export({ format: "jwk" });
    const cose = Buffer.concat([
      Buffer.from("a5010203262001215820", "hex"),
      Buffer.from(x, "base64url"),
      Buffer.from("225820", "hex"),
      Buffer.from(y, "base64url"),
    ]);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.id.length);
    const credential = Buffer.concat([Buffer.alloc(16), length, this.id, cose]);
    const data = Buffer.concat([this.#data(options.rp?.id ?? "", verified, 0x40), credential]);
    const size = Buffer.alloc(2);
    size.writeUInt16BE(data.length);
    const attestation = Buffer.concat([
      Buffer.from("a363666d74646e6f6e656761747453746d74a0686175746844617461", "hex"),
      Buffer.from([0x59]),
      size,
      data,
    ]);
    return this.#answer({
      clientDataJSON: client("webauthn.create", options.challenge, origin).toString("base64url"),
      attestationObject: attestation.toString("base64url"),
      transports: ["internal"],
    });
  }

  /** navigator.credentials.get() */
  get(options: Options, { origin, verified = true }: Answering): object {
    const data = this.#data(options.rpId ?? "", verified, 0);
    const clientData = client("webauthn.get", options.challenge, origin);
    const signed = Buffer.concat([data, createHash("sha256").update(clientData).digest()]);
    return this.#answer({
      clientDataJSON: clientData.toString("base64url"),
      authenticatorData: data.toString("base64url"),
      signature: sign("sha256", signed, this.#keys.privateKey).toString("base64url"),
    });
  }

  #answer(response: object): object {
    const id = this.id.toString("base64url");
    return { id, rawId: id, type: "public-key", response, clientExtensionResults: {} };
  }

  #data(rpId: string, verified: boolean, more: number): Buffer {
    this.#count++;
    const rest = Buffer.alloc(5);
    rest.writeUInt8(0x01 | (verified ? 0x04 : 0) | more, 0);
    rest.writeUInt32BE(this.#count, 1);
    return Buffer.concat([createHash("sha256").update(rpId).digest(), rest]);
  }
}

function client(type: string, challenge: string, origin: string): Buffer {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
}
