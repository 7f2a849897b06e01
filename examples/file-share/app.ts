// An owner shares files with specific people, or asks them for some; a link opens only for the people it was shared with.
import Koa, { type Context, type Next } from "koa";
import { Files } from "./files.ts";
import { guestRoutes } from "./guest-routes.ts";
import { Invitations } from "./invitations.ts";
import { logoutRoutes } from "./logout-routes.ts";
import { LogoutTokens } from "./logout-tokens.ts";
import { ownerRoutes } from "./owner-routes.ts";
import { sendPage } from "./pages/layout.ts";
import { problemPage, providerUnavailablePage } from "./pages/problems.ts";
import { styleRoutes } from "./pages/style.ts";
import { ownForms, ownName, securityHeaders } from "./protection.ts";
import { Provider, ProviderUnavailable } from "./provider.ts";
import { Sessions } from "./sessions.ts";
import type { Settings } from "./settings.ts";
import { SignIn } from "./sign-in.ts";
import { beginningSignIn, signInRoutes } from "./sign-in-routes.ts";
import { tryRoutes } from "./try-routes.ts";

export function createFileShare(settings: Settings): Koa {
  const files = new Files();
  const sessions = new Sessions(settings.url);
  const provider = new Provider(settings);
  const invitations = new Invitations(provider, settings);
  const logoutTokens = new LogoutTokens(provider, settings);
  const signIn = new SignIn(provider, settings);
  const beginSignIn = beginningSignIn({ signIn, sessions });
  files.add("Welcome.txt", welcome, "welcome");

  const app = new Koa();
  app.use(securityHeaders(settings));
  app.use(errorPages);
  app.use(ownName(settings));
  // Comes before the forms: the provider's server posts here, not one of our pages.
  app.use(logoutRoutes({ logoutTokens, sessions }).routes());
  app.use(ownForms(settings));
  const routers = [
    styleRoutes(),
    ownerRoutes({ files, invitations, settings }),
    guestRoutes({ files, sessions, beginSignIn }),
    signInRoutes({ signIn, sessions, beginSignIn, settings }),
    ...(settings.trial ? [tryRoutes(settings.trial)] : []),
  ];
  for (const router of routers) app.use(router.routes());
  return app;
}

async function errorPages(ctx: Context, next: Next): Promise<void> {
  try {
    await next();
    if (ctx.status === 404 && !ctx.body) sendPage(ctx, 404, problemPage(404));
  } catch (error) {
    if (error instanceof ProviderUnavailable) {
      console.error(`${error.message}: ${String(error.cause)}`);
      return sendPage(ctx, 503, providerUnavailablePage);
    }
    const { status = 500, expose = false } = error as { status?: number; expose?: boolean };
    if (!expose) console.error(error);
    sendPage(ctx, expose ? status : 500, problemPage(status));
  }
}

const welcome = `Welcome!

You opened this file by proving that you can read the mailbox it was shared with. There was no password to choose and no account to create.
`;
