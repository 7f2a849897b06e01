/** Settings of an application in the words of the programs that it may be made with; docs/applications has the traps of each. */
export function settingsToPaste({
  issuer,
  clientId,
  secret,
  redirectUri,
}: {
  issuer: string;
  clientId: string;
  /** undefined for an application that has none */
  secret: string | undefined;
  redirectUri: string;
}): [program: string, text: string][] {
  const origin = URL.parse(redirectUri)?.origin ?? redirectUri;
  if (secret === undefined)
    return [
      [
        "oidc-client-ts",
        `new UserManager({
  authority: "${issuer}",
  client_id: "${clientId}",
  redirect_uri: "${redirectUri}",
  scope: "openid email profile",
});`,
      ],
      [
        "Any other",
        `issuer         ${issuer}\nclient id      ${clientId}\nredirect URI   ${redirectUri}\nscopes         openid email profile\nflow           authorization code with PKCE (S256), no secret`,
      ],
    ];
  return [
    [
      "openid-client (Node.js)",
      `const config = await client.discovery(new URL("${issuer}"), "${clientId}", "${secret}");
const url = client.buildAuthorizationUrl(config, { redirect_uri: "${redirectUri}", scope: "openid email profile" });`,
    ],
    [
      "Auth.js",
      `{ id: "guestpass", name: "Guestpass", type: "oidc", issuer: "${issuer}", clientId: "${clientId}", clientSecret: "${secret}", checks: ["pkce", "state", "nonce"] }`,
    ],
    [
      "mod_auth_openidc (Apache)",
      `OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${clientId}
OIDCClientSecret ${secret}
OIDCRedirectURI ${redirectUri}
OIDCScope "openid email profile"
OIDCPKCEMethod S256`,
    ],
    [
      "oauth2-proxy",
      `provider = "oidc"
oidc_issuer_url = "${issuer}"
client_id = "${clientId}"
client_secret = "${secret}"
redirect_url = "${redirectUri}"
code_challenge_method = "S256"
email_domains = ["*"]`,
    ],
    [
      "Spring Security",
      `spring.security.oauth2.client.registration.guestpass.client-id=${clientId}
spring.security.oauth2.client.registration.guestpass.client-secret=${secret}
spring.security.oauth2.client.registration.guestpass.scope=openid,email,profile
spring.security.oauth2.client.provider.guestpass.issuer-uri=${issuer}`,
    ],
    [
      "ASP.NET Core",
      `.AddOpenIdConnect(options => {
    options.Authority = "${issuer}";
    options.ClientId = "${clientId}";
    options.ClientSecret = "${secret}";
    options.ResponseType = "code";
    options.Scope.Add("email");
    options.GetClaimsFromUserInfoEndpoint = true;
});`,
    ],
    [
      "Django (mozilla-django-oidc)",
      `OIDC_RP_CLIENT_ID = "${clientId}"
OIDC_RP_CLIENT_SECRET = "${secret}"
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_RP_SCOPES = "openid email profile"
OIDC_OP_AUTHORIZATION_ENDPOINT = "${issuer}/auth"
OIDC_OP_TOKEN_ENDPOINT = "${issuer}/token"
OIDC_OP_USER_ENDPOINT = "${issuer}/me"
OIDC_OP_JWKS_ENDPOINT = "${issuer}/jwks"`,
    ],
    [
      "Nextcloud (user_oidc)",
      `occ user_oidc:provider guestpass --clientid="${clientId}" --clientsecret="${secret}" --discoveryuri="${issuer}/.well-known/openid-configuration" --scope="openid email profile"`,
    ],
    [
      "Grafana",
      `[auth.generic_oauth]
enabled = true
client_id = ${clientId}
client_secret = ${secret}
scopes = openid email profile
auth_url = ${issuer}/auth
token_url = ${issuer}/token
api_url = ${issuer}/me
use_pkce = true`,
    ],
    [
      "Any other",
      `issuer         ${issuer}\nclient id      ${clientId}\nclient secret  ${secret}\nredirect URI   ${redirectUri}\nscopes         openid email profile\norigin         ${origin}`,
    ],
  ];
}
