// A real OpenID Connect provider (oidc-provider) in the place of Google. It
// listens on loopback, prints one line of JSON with its address, and lets
// whoever comes in as the account that was last named.
//
//   POST /_setup {"redirectUri", "clientId", "clientSecret"}
//   POST /_as    {"sub", "email", "email_verified"}
//   POST /_called {"name"}
import http from 'node:http';
import Provider from 'oidc-provider';

let provider;
let account;
let called = {};

async function body(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

function setUp({ redirectUri, clientId, clientSecret }) {
  provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    // As Google does: the address is in the ID token.
    conformIdTokenClaims: false,
    pkce: { methods: ['S256'], required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ ...called, ...account }) }),
  });
}

/** Signs in and consents without asking. */
async function interact(request, response) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    const result = { login: { accountId: account.sub } };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope('openid email profile');
  const result = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

const server = http.createServer(async (request, response) => {
  try {
    if (request.url === '/_setup') setUp(await body(request));
    else if (request.url === '/_as') account = await body(request);
    else if (request.url === '/_called') called = await body(request);
    else if (request.url.startsWith('/interaction/')) return await interact(request, response);
    else return provider.callback()(request, response);
    response.end('{}');
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error?.stack ?? error));
  }
});
let issuer;
server.listen(0, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  process.stdout.write(`${JSON.stringify({ issuer })}\n`);
});
// The test that started it is gone.
process.stdin.on('end', () => process.exit(0)).resume();
