import type { Context } from "koa";
import type Provider from "oidc-provider";
import { protocolIdOf } from "../src/applications/application.ts";
import { sharesIn } from "../src/oidc/grants.ts";
import type { ConsentDetails } from "../src/oidc/interaction-policy.ts";
import { finish } from "./finish.ts";
import { consentPage } from "./views/consent.ts";
import { type InteractionDeps, toDispatch, type Visit } from "./visit.ts";

type Grant = InstanceType<Provider["Grant"]>;

interface Missing {
  missingOIDCScope?: string[];
  missingOIDCClaims?: string[];
  missingResourceScopes?: Record<string, string[]>;
}

/** Says in plain words what the application would learn, and until when. */
export async function showConsent(deps: InteractionDeps, visit: Visit): Promise<void> {
  const { translate, language } = visit.reader;
  const { params, session, prompt } = visit.interaction;
  const scopes = new Set(String(params["scope"] ?? "").split(" "));
  const asked = new Set((prompt.details as Missing).missingOIDCClaims ?? []);
  const email = scopes.has("email") || asked.has("email") || asked.has("email_verified");
  const profile = scopes.has("profile") || ["name", "locale", "updated_at"].some((claim) => asked.has(claim));
  const invitations = scopes.has("invitations") || asked.has("invitations");
  const guest = email && session?.accountId ? await deps.guests.findBySub(session.accountId) : undefined;
  const { until } = prompt.details as ConsentDetails;
  visit.show(
    200,
    consentPage(visit.screen, {
      learns: [
        translate("consent.sub"),
        ...(guest ? [translate("consent.email", { email: guest.email })] : []),
        ...(profile ? [translate("consent.profile")] : []),
        ...(invitations ? [translate("consent.invitations")] : []),
        ...scopesByResource(visit, scopes).map(([resource, list]) => translate("consent.resource", { resource, scopes: list.join(", ") })),
        ...(scopes.has("offline_access") ? [translate("consent.offline")] : []),
      ],
      until: until === undefined ? undefined : deps.texts.times(language).moment(until),
      policy: visit.application.metadata.policy_uri,
      terms: visit.application.metadata.tos_uri,
    }),
  );
}

/** The scopes that the application is registered with at each API that it asks for (RFC 8707). */
function scopesByResource({ interaction, application }: Visit, asked: Set<string>): [resource: string, scopes: string[]][] {
  const registered = application.metadata.guestpass_resources ?? {};
  const resources = [(interaction.params["resource"] ?? []) as string | string[]].flat();
  return resources
    .map((resource): [string, string[]] => [resource, (registered[resource]?.scope ?? "").split(" ").filter((scope) => asked.has(scope))])
    .filter(([, scopes]) => scopes.length > 0);
}

export async function agree(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const { interaction } = visit;
  if (interaction.prompt.name !== "consent" || !interaction.session?.accountId) return toDispatch(ctx, visit);
  const grant = await grantFor(deps.provider(), interaction.grantId, protocolIdOf(visit.application), interaction.session.accountId);
  addMissing(grant, interaction.prompt.details as Missing);
  await deps.consents.remember(interaction.session.accountId, visit.application, sharesIn(grant));
  return finish(ctx, visit, { consent: { grantId: await grant.save() } });
}

async function grantFor(provider: Provider, grantId: string | undefined, clientId: string, accountId: string): Promise<Grant> {
  const existing = grantId ? await provider.Grant.find(grantId) : undefined;
  return existing ?? new provider.Grant({ clientId, accountId });
}

function addMissing(grant: Grant, { missingOIDCScope, missingOIDCClaims, missingResourceScopes }: Missing): void {
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(" "));
  if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims);
  for (const [indicator, scopes] of Object.entries(missingResourceScopes ?? {})) grant.addResourceScope(indicator, scopes.join(" "));
}
