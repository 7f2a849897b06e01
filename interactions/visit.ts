// One request of a guest's browser within an interaction: loaded once, and handed to the screen that was asked for.
import type { KeyObject } from "node:crypto";
import type { Context } from "koa";
import type Provider from "oidc-provider";
import type { Application } from "../src/applications/application.ts";
import type { Applications } from "../src/applications/applications.ts";
import { type Clock, second } from "../src/clock.ts";
import type { Guests } from "../src/guests/guests.ts";
import { field, formToken, isFormToken } from "../src/http/forms.ts";
import { networkOf } from "../src/http/network.ts";
import { type Page, type Reader, sendPage } from "../src/http/page.ts";
import { applicationLanguage, readerOf } from "../src/http/reader.ts";
import type { SignIn, SignInContext } from "../src/sign-in/sign-in.ts";
import type { Texts } from "../src/texts.ts";
import type { DeliveryStreams } from "./delivery-streams.ts";
import { expiredPage, forgedPage } from "./views/dead-ends.ts";
import type { Screen } from "./views/parts.ts";

export type Interaction = Awaited<ReturnType<Provider["interactionDetails"]>>;

export interface InteractionDeps {
  provider: Provider;
  signIn: SignIn;
  applications: Applications;
  guests: Guests;
  texts: Texts;
  /** Keys the form token and the reference. */
  formKey: KeyObject;
  /** Who asks guests to confirm their mailbox. */
  organisation: string;
  /** The address that mails come from. */
  sender: string;
  /** Whether Guestpass hears of mails that come back. */
  mailComesBack: boolean;
  /** How many digits a code has. */
  digits: number;
  clock: Clock;
  streams: DeliveryStreams;
  /** Aborts when the server drains: what is open ends. */
  closing: AbortSignal;
}

export interface Visit {
  interaction: Interaction;
  application: Application;
  reader: Reader;
  screen: Screen;
  signInContext: SignInContext;
  show(status: number, page: Page): void;
  /** As show, for what was done too often. @param wait milliseconds until it can be done again; page is given them in words */
  showTooOften(wait: number, page: (span: string) => Page): void;
}

/** Loads the interaction that the browser's cookie and the path name; without one, answers with a page and no visit. */
export async function openVisit(ctx: Context, deps: InteractionDeps): Promise<Visit | undefined> {
  const interaction = await findInteraction(ctx, deps.provider);
  const application = interaction && (await findApplication(interaction, deps));
  if (!application) {
    const reader = readerOf(ctx, deps.texts);
    sendPage(ctx, reader, 400, expiredPage(reader.translate));
    return undefined;
  }
  ctx.state["redirectsTo"] = interaction.params["redirect_uri"];
  const brand = { logo: application.metadata.logo_uri, colour: application.policy.colour ?? undefined };
  ctx.state["logo"] = brand.logo;
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
      path: `/interaction/${interaction.uid}`,
      token: formToken(deps.formKey, interaction.uid),
    },
    signInContext: {
      interaction: interaction.uid,
      endsAt: interaction.exp * 1000,
      application,
      language,
      applicationLanguage: applicationLanguage(deps.texts, uiLocales),
      network: networkOf(ctx.ip),
      userAgent: ctx.get("User-Agent"),
      country: ctx.state["country"],
    },
    show: (status, page) => sendPage(ctx, reader, status, answer(ctx, { ...page, brand })),
    showTooOften: (wait, page) => {
      ctx.set("Retry-After", String(Math.ceil(wait / second)));
      sendPage(ctx, reader, 429, answer(ctx, { ...page(deps.texts.times(language).span(wait)), brand }));
    },
  };
}

/** As openVisit, for a form: one that did not come from our own page is refused. */
export async function openFormVisit(ctx: Context, deps: InteractionDeps): Promise<Visit | undefined> {
  const visit = await openVisit(ctx, deps);
  if (!visit || isFormToken(visit.screen.token, field(ctx, "token"))) return visit;
  visit.show(403, forgedPage(visit.reader.translate));
  return undefined;
}

function answer(ctx: Context, page: Page): Page {
  return ctx.method === "POST" ? { ...page, scripts: [...(page.scripts ?? []), "formAnswered"] } : page;
}

/** On to the one place that picks the next screen. */
export function toDispatch(ctx: Context, visit: Visit): void {
  ctx.status = 303;
  ctx.redirect(visit.screen.path);
}

/** oidc-provider asks once, at the beginning, whether the redirect URI is registered: one that is taken away later gets no code either. */
async function findApplication({ params }: Interaction, deps: InteractionDeps): Promise<Application | undefined> {
  const application = await deps.applications.find(String(params["client_id"]));
  const redirectUri = String(params["redirect_uri"]);
  if (!application || application.metadata.redirect_uris.includes(redirectUri)) return application;
  // On loopback the port is the application's own (RFC 8252, 7.3).
  const client = await deps.provider.Client.find(application.clientId);
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
