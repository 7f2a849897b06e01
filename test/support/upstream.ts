// A partner's provider, registered at Guestpass, and guests who sign in there.
import type { Answer, Browser } from "./browser.ts";
import { Dns } from "./dns.ts";
import type { AuthorizationRequest, Guestpass, RegisteredApplication } from "./guestpass.ts";
import { clientId, clientSecret, Organisation, type Person } from "./organisation.ts";

/** Where the domains of providers are confirmed. */
export const dns = await Dns.started();
/** Settings of a Guestpass that may ask a provider, and DNS, on this machine. */
export const askingHere = { GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8", GUESTPASS_DNS_SERVERS: dns.address };

export class Partner {
  readonly organisation: Organisation;
  readonly id: string;
  readonly label: string;
  readonly redirectUri: string;
  readonly #guestpass: Guestpass;

  private constructor(guestpass: Guestpass, organisation: Organisation, id: string) {
    this.#guestpass = guestpass;
    this.organisation = organisation;
    this.id = id;
    this.label = id[0]?.toUpperCase() + id.slice(1);
    this.redirectUri = `${guestpass.issuer}/upstream/${id}/callback`;
  }

  /** Registers it, for addresses at ID.example unless said otherwise, has its domains confirmed by DNS, and starts it. */
  static async registered(
    guestpass: Guestpass,
    id: string,
    more: Record<string, unknown> = {},
    { confirmed = true } = {},
  ): Promise<Partner> {
    const partner = new Partner(guestpass, await Organisation.prepared(), id);
    await guestpass.server.app.admin("createUpstream", {
      body: {
        id,
        issuer: partner.organisation.issuer,
        label: partner.label,
        client_id: clientId,
        client_secret: clientSecret,
        domains: [`${id}.example`],
        grade: "proves-the-mailbox",
        ...more,
      },
    });
    if (confirmed) for (const { name, value } of await partner.records()) dns.publish(name, value);
    await partner.start();
    return partner;
  }

  /** Of its domains, as an administrator reads them. */
  async records(): Promise<{ domain: string; name: string; value: string; state: string; confirmed: boolean }[]> {
    const { body } = await this.#guestpass.server.app.admin("readUpstream", { params: { id: this.id } });
    return body["domain_records"] as Awaited<ReturnType<Partner["records"]>>;
  }

  start(): Promise<void> {
    return this.organisation.start(this.redirectUri);
  }

  stop(): Promise<void> {
    return this.organisation.stop();
  }

  change(change: Record<string, unknown>): Promise<unknown> {
    return this.#guestpass.server.app.admin("updateUpstream", { params: { id: this.id }, body: change });
  }

  /** The page after the address was typed. */
  async choice(
    application: RegisteredApplication,
    typed: string,
    { browser = this.#guestpass.browser(), params = {} }: { browser?: Browser; params?: Record<string, string> } = {},
  ): Promise<{ browser: Browser; request: AuthorizationRequest; page: Answer }> {
    const request = await this.#guestpass.authorizationRequest(application, params);
    return { browser, request, page: await browser.submit(await browser.open(request.url), "/email", { email: typed }) };
  }

  /** Signs in there, as the person who is at the keyboard there. */
  async signIn(
    application: RegisteredApplication,
    person: Person | undefined,
    typed: string = person?.email ?? "",
    more: { browser?: Browser; params?: Record<string, string> } = {},
  ): Promise<{ browser: Browser; request: AuthorizationRequest; answer: Answer }> {
    this.organisation.person = person;
    const { browser, request, page } = await this.choice(application, typed, more);
    return { browser, request, answer: await browser.submit(page, "/upstream") };
  }
}
