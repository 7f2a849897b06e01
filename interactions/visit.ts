// One request of a guest's browser within an interaction: loaded once, and passed to the requested screen.
import type { Context } from "koa";
import type Provider from "oidc-provider";
import type { AccessExplainer } from "../src/admission/access.ts";
import { type Application, brandOf, protocolIdOf } from "../src/applications/application.ts";
import type { Applications } from "../src/applications/applications.ts";
import { type Clock, second } from "../src/clock.ts";
import type { Consents } from "../src/consents/consents.ts";
import type { Guests } from "../src/guests/guests.ts";
import { field, formToken, isFormToken } from "../src/http/forms.ts";
import { networkOf } from "../src/http/network.ts";
import { type Page, type Reader, sendPage } from "../src/http/page.ts";
import { applicationLanguage, readerOf } from "../src/http/reader.ts";
import { chosenLanguage } from "../src/http/site.ts";
import { frontDoor } from "../src/invitations/front-door.ts";
import type { Invitations } from "../src/invitations/invitations.ts";
import type { Rule } from "../src/reverification/deadline.ts";
import type { KeyRing } from "../src/secrets.ts";
import type { KnownBrowsers } from "../src/sign-in/known-browsers.ts";
import type { PasskeySignIn } from "../src/sign-in/passkey-sign-in.ts";
import type { RememberedAddress, RememberedAddresses } from "../src/sign-in/remembered-address.ts";
import type { SignIn, SignInContext } from "../src/sign-in/sign-in.ts";
import type { UpstreamSignIn } from "../src/sign-in/upstream-sign-in.ts";
import type { Texts } from "../src/texts/texts.ts";
import type { DeliveryStreams } from "./delivery-streams.ts";
import { keptBy } from "./known-browser.ts";
import { rememberedBy } from "./remembered.ts";
import { cookiesPage, elsewherePage, expiredPage, finishedPage, forgedPage } from "./views/dead-ends.ts";
import type { Screen } from "./views/parts.ts";

export type Interaction = Awaited<ReturnType<Provider["interactionDetails"]>>;

export interface InteractionDeps {
  provider(): Provider;
  /** Whether the sign-in was answered in this browser and the answer is not used yet. */
  isAnswered(uid: string): Promise<boolean>;
  /** Its outcome, even if it belongs to another browser. */
  fateOf(uid: string): Promise<{ fate: "alive" | "finished"; clientId: string | undefined; isHere: boolean } | undefined>;
  signIn: SignIn;
  passkeySignIn: PasskeySignIn;
  upstreamSignIn: UpstreamSignIn;
  knownBrowsers: KnownBrowsers;
  rememberedAddresses: RememberedAddresses;
  /** The rule by which everybody at the application has to prove the mailbox again. */
  ruleFor(application: Application): Promise<Rule>;
  /** Whether the guest of this browser's session stays signed in when the browser is closed. */
  isKeptSignedIn(ctx: Context): Promise<boolean>;
  applications: Applications;
  consents: Consents;
  guests: Guests;
  invitations: Invitations;
  /** Says why a guest is not let in. */
  access: AccessExplainer;
  /** When the guest was last suspended, milliseconds since the epoch. */
  suspendedSince(sub: string): Promise<number | undefined>;
  texts: Texts;
  /** Keys the form token. */
  formKey: KeyRing;
  /** The organisation that asks guests to confirm their mailbox. */
  organisation: string;
  /** An address to ask for help at, where the application has none. */
  support: string | undefined;
  /** The address that mails come from. */
  sender: string;
  /** Whether Guestpass receives bounces. */
  mailComesBack: boolean;
  clock: Clock;
  streams: DeliveryStreams;
  /** Aborts when the server drains, which ends open streams. */
  closing: AbortSignal;
}

export interface Visit {
  interaction: Interaction;
  application: Application;
  reader: Reader;
  screen: Screen;
  signInContext: SignInContext;
  /** The address that was proven in this browser last. */
  remembered: RememberedAddress | undefined;
  show(status: number, page: Page): void;
  /** As show, for something done too often. @param wait milliseconds until it can be done again, which page gets in words */
  showTooOften(wait: number, page: (span: string) => Page): void;
}

/** Loads the interaction in the path, in the browser that began it. Without one, answers with a page and returns no visit. */
export async function openVisit(ctx: Context, deps: InteractionDeps): Promise<Visit | undefined> {
  const interaction = await findInteraction(ctx, deps.provider());
  const application = interaction && (await findApplication(interaction, deps));
  if (!application) {
    if (isNavigation(ctx) && (await deps.isAnswered(ctx["params"].uid))) {
      ctx.status = 303;
      ctx.redirect(`/auth/${encodeURIComponent(ctx["params"].uid)}`);
      return undefined;
    }
    await sayWhyNot(ctx, deps, interaction !== undefined);
    return undefined;
  }
  const brand = brandOf(application);
  const uiLocales = interaction.params["ui_locales"] as string | undefined;
  const reader = readerOf(ctx, deps.texts, uiLocales);
  const { language, translate } = reader;
  return {
    interaction,
    application,
    reader,
    screen: {
      translate,
      application: application.name,
      invited: application.admission === "invited",
      path: `/interaction/${interaction.uid}`,
      token: formToken(deps.formKey, interaction.uid),
    },
    signInContext: {
      interaction: interaction.uid,
      endsAt: interaction.exp * 1000,
      application,
      language,
      applicationLanguage: chosenLanguage(ctx, deps.texts.languages) ?? applicationLanguage(deps.texts, uiLocales),
      network: networkOf(ctx.ip),
      kept: keptBy(ctx),
      userAgent: ctx.get("User-Agent"),
      country: ctx.state["country"],
      toLink: (interaction.result as { toLink?: SignInContext["toLink"] } | undefined)?.toLink,
    },
    remembered: await rememberedBy(ctx, deps.rememberedAddresses),
    show: (status, page) => sendPage(ctx, reader, status, answer(ctx, { ...page, brand })),
    showTooOften: (wait, page) => {
      ctx.set("Retry-After", String(Math.ceil(wait / second)));
      sendPage(ctx, reader, 429, answer(ctx, { ...page(deps.texts.times(language).span(wait)), brand }));
    },
  };
}

/** Each cause has its own page, and each page a next step. A sign-in that is alive elsewhere is not called over. */
async function sayWhyNot(ctx: Context, deps: InteractionDeps, ofThisBrowser: boolean): Promise<void> {
  const { uid } = ctx["params"];
  const reader = readerOf(ctx, deps.texts);
  const found = await deps.fateOf(uid);
  const application = found?.clientId === undefined ? undefined : await deps.applications.find(found.clientId);
  const brand = application && brandOf(application);
  const show = (page: Page) => sendPage(ctx, reader, 400, { ...page, brand });
  const way = application && { application: application.name, link: frontDoor(application, deps.provider().issuer) };
  if (!found || !way || ofThisBrowser) return show(expiredPage(reader.translate, ofThisBrowser ? undefined : way));
  if (found.fate === "finished") return show(finishedPage(reader.translate, way));
  // It was this browser's, and its session has ended meanwhile: the guest was suspended, or signed out in another tab.
  if (found.isHere) return show(expiredPage(reader.translate, way));
  // Nobody has been mailed a link to it yet.
  const asked = await deps.signIn.progress(uid);
  const keepsCookies = ctx.get("cookie").includes("guestpass_browser.");
  show(asked || keepsCookies ? elsewherePage(reader.translate, way) : cookiesPage(reader.translate, way));
}

/** A person's visit, not that of a page that waits for news. */
function isNavigation(ctx: Context): boolean {
  return ctx.get("accept") !== "text/event-stream";
}

/** As openVisit, for a form. One that did not come from our own page is refused. */
export async function openFormVisit(ctx: Context, deps: InteractionDeps): Promise<Visit | undefined> {
  const visit = await openVisit(ctx, deps);
  if (!visit || isFormToken(deps.formKey, visit.interaction.uid, field(ctx, "token"))) return visit;
  visit.show(403, forgedPage(visit.reader.translate, visit.screen));
  return undefined;
}

function answer(ctx: Context, page: Page): Page {
  return ctx.method === "POST" ? { ...page, scripts: [...(page.scripts ?? []), "formAnswered"] } : page;
}

/** Continues to the one place that picks the next screen. */
export function toDispatch(ctx: Context, visit: Visit, query = ""): void {
  ctx.status = 303;
  ctx.redirect(`${visit.screen.path}${query}`);
}

/** oidc-provider checks only at the beginning whether the redirect URI is registered. One that is removed later gets no code either. */
async function findApplication({ params }: Interaction, deps: InteractionDeps): Promise<Application | undefined> {
  const application = await deps.applications.find(String(params["client_id"]));
  const redirectUri = String(params["redirect_uri"]);
  if (!application || application.metadata.redirect_uris.includes(redirectUri)) return application;
  // On loopback the port is the application's own (RFC 8252, 7.3).
  const client = await deps.provider().Client.find(protocolIdOf(application));
  return client?.redirectUriAllowed(redirectUri) ? application : undefined;
}

async function findInteraction(ctx: Context, provider: Provider): Promise<Interaction | undefined> {
  try {
    const interaction = await provider.interactionDetails(ctx.req, ctx.res);
    return interaction.uid === ctx["params"].uid ? interaction : undefined;
  } catch (error) {
    if ((error as Error).name === "SessionNotFound") return undefined;
    throw error;
  }
}
