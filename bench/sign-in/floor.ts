// A process, the floor of the comparison: a bare oidc-provider with its own adapter in memory, ES256, client secrets compared as they are,
// and screens that do the least: as many requests and redirects as Guestpass, the same mail through the same kind of transport, codes in a Map.
import { randomInt } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import { createTransport } from "nodemailer";
import Provider, { type Configuration, type KoaContextWithOIDC } from "oidc-provider";

const [port, smtpUrl, clientId, clientSecret, redirectUri] = process.argv.slice(2) as [string, string, string, string, string];
const issuer = `http://127.0.0.1:${port}`;

const { privateKey } = await generateKeyPair("ES256", { extractable: true });
const provider = new Provider(issuer, {
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: "ES256", use: "sig", kid: "floor" }] } as NonNullable<Configuration["jwks"]>,
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code", "refresh_token"],
      id_token_signed_response_alg: "ES256",
    },
  ],
  cookies: { keys: ["a key of the benchmark"] },
  claims: { openid: ["sub", "auth_time", "acr", "amr"], email: ["email", "email_verified"], profile: ["name", "locale", "updated_at"] },
  features: { devInteractions: { enabled: false } },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub, email: sub, email_verified: true }) }),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: (_ctx, client) => client.grantTypeAllowed("refresh_token"),
  loadExistingGrant,
});

async function loadExistingGrant({ oidc }: KoaContextWithOIDC) {
  const { client, session } = oidc;
  if (!client || !session?.accountId) return undefined;
  const existing = session.grantIdFor(client.clientId);
  if (existing) return provider.Grant.find(existing);
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope([...oidc.requestParamScopes].join(" "));
  await grant.save();
  return grant;
}

const transport = createTransport({ url: smtpUrl, pool: true, maxConnections: 5 });
// As long as Guestpass's own: 0.7 kB of text, 5.6 kB of HTML.
const filling = "It works once, for 10 minutes, in the browser in which you asked for it. If you did not ask for it, ignore this mail. ";
const text = `Your code for Bench:\n\n000000\n\n${filling.repeat(5)}\n`;
const html = `<!doctype html><html lang="en"><body><p>Your code for Bench:</p><p>000000</p>${`<p>${filling}</p>\n`.repeat(44)}</body></html>`;

const codes = new Map<string, { address: string; code: string }>();
const answer = provider.callback();
createServer((request, response) => {
  if (!request.url?.startsWith("/interaction/")) return answer(request, response);
  screen(request, response).catch((error: unknown) => {
    console.error(error);
    response.writeHead(500).end();
  });
}).listen(Number(port), "127.0.0.1");

async function screen(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const interaction = await provider.interactionDetails(request, response);
  const path = `/interaction/${interaction.uid}`;
  const asked = codes.get(interaction.uid);
  if (request.method === "GET") {
    const [action, name] = asked ? ["passcode", "code"] : ["email", "email"];
    response
      .writeHead(200, { "content-type": "text/html" })
      .end(`<form method="post" action="${path}/${action}"><input name="${name}"></form>`);
    return;
  }
  const form = new URLSearchParams(await bodyOf(request));
  if (request.url === `${path}/email`) {
    const code = String(randomInt(10 ** 6)).padStart(6, "0");
    const address = form.get("email") as string;
    codes.set(interaction.uid, { address, code });
    send(address, code);
    response.writeHead(303, { location: path }).end();
    return;
  }
  if (!asked || asked.code !== form.get("code")) throw new Error("a wrong code");
  codes.delete(interaction.uid);
  await provider.interactionFinished(request, response, { login: { accountId: asked.address, amr: ["otp"], remember: false } });
}

/** In the background, as Guestpass sends: the guest does not wait for the mail server. */
function send(to: string, code: string): void {
  const mail = { from: "Bench <bench@localhost>", to, subject: "Your code for Bench" };
  transport
    .sendMail({ ...mail, text: text.replace("000000", code), html: html.replace("000000", code) })
    .catch((error: unknown) => console.error(error));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  return body;
}
