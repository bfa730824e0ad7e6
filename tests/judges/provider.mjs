// A certified OpenID provider before an API: node provider.mjs API CLIENT_ID CLIENT_SECRET LIFETIME_S
//
// Sign-in (/oauth, /interaction) is the provider's. Everything under /v1 needs one of its access
// tokens and is passed on to the API, whose own token the provider's side has as a client.
// GET /tokens tells how often each grant was used, which ones were refused, and why.

import http from "node:http";
import { once } from "node:events";
import { Provider } from "oidc-provider";

const [api, clientId, clientSecret, lifetime] = process.argv.slice(2);
const server = http.createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const address = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(address, {
  clients: [
    {
      client_id: "dossierpost",
      application_type: "native",
      token_endpoint_auth_method: "none",
      redirect_uris: ["http://127.0.0.1/callback"],
      grant_types: [
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
      ],
      response_types: ["code"],
    },
  ],
  cookies: { keys: ["of a provider that lives a minute"] },
  features: { deviceFlow: { enabled: true } },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  routes: {
    authorization: "/oauth/authorize",
    code_verification: "/oauth/device",
    device_authorization: "/oauth/device_authorization",
    token: "/oauth/token",
  },
  scopes: ["openid", "sync"],
  ttl: {
    AccessToken: Number(lifetime),
    AuthorizationCode: 60,
    DeviceCode: 600,
    Grant: 3600,
    Interaction: 600,
    RefreshToken: 3600,
    Session: 3600,
  },
});

const tokens = { granted: {}, refused: [] };
provider.on("grant.success", (ctx) => {
  const grant = ctx.oidc.params.grant_type.split(":").at(-1);
  tokens.granted[grant] = (tokens.granted[grant] ?? 0) + 1;
});
provider.on("grant.error", (_ctx, error) => tokens.refused.push(error.error_detail ?? error.error));

async function signInAtApi() {
  const form = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret };
  const answer = await fetch(`${api}/oauth/token`, { method: "POST", body: new URLSearchParams(form) });
  return (await answer.json()).access_token;
}
let ownToken; // good for longer than a test lasts

async function pass(request, response) {
  const presented = (request.headers.authorization ?? "").replace(/^Bearer /, "");
  if (!presented || !(await provider.AccessToken.find(presented))) {
    request.resume();
    response.writeHead(401, { "Content-Type": "application/json" });
    response.end('{"detail":"The token is not valid."}');
    return;
  }
  const headers = { ...request.headers, authorization: `Bearer ${await (ownToken ??= signInAtApi())}` };
  const asked = http.request(`${api}${request.url}`, { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  asked.on("error", () => response.destroy());
  response.on("close", () => asked.destroy());
  request.pipe(asked);
}

const signIn = provider.callback();
server.on("request", (request, response) => {
  if (request.url === "/tokens") response.end(JSON.stringify(tokens));
  else if (request.url.startsWith("/v1/")) pass(request, response);
  else signIn(request, response);
});
console.log(`listening on ${address}`);
