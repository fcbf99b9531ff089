// A provider of OpenID Connect that says whatever it is told to, right or wrong:
// what a real one never does, and what has to be refused all the same. It has
// the same interface as provider.mjs, and besides:
//
//   POST /_lie {"lie"}   one of LIES, or "none"
import crypto from 'node:crypto';
import http from 'node:http';

const pair = () => crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const [own, other] = [pair(), pair()];
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

// What each lie changes of the head and the claims, or of how they are signed.
const LIES = {
  none: {},
  nonce: { claims: { nonce: 'somebody else asked for this' } },
  'no nonce': { claims: { nonce: undefined } },
  issuer: { claims: { iss: 'https://accounts.example.com' } },
  audience: { claims: { aud: 'another client' } },
  'many audiences': { claims: { aud: ['portico', 'another client'] } },
  expired: { claims: { exp: Math.floor(Date.now() / 1000) - 3600 } },
  'no end': { claims: { exp: undefined } },
  key: { key: other.privateKey },
  'unknown key': { head: { kid: 'elsewhere' }, key: other.privateKey },
  unsigned: { head: { alg: 'none' }, sign: () => '' },
  'the public key as a secret': {
    head: { alg: 'HS256' },
    sign: (text) => {
      const secret = own.publicKey.export({ type: 'spki', format: 'pem' });
      return crypto.createHmac('sha256', secret).update(text).digest('base64url');
    },
  },
  'our secret': {
    head: { alg: 'HS256' },
    sign: (text) => crypto.createHmac('sha256', setup.clientSecret).update(text).digest('base64url'),
  },
  'changed after it was signed': {
    sign: (text) => crypto.sign('sha256', Buffer.from(`${text}x`), own.privateKey).toString('base64url'),
  },
  'no address': { claims: { email: undefined } },
};

let setup;
let account;
let lie = LIES.none;
let asked;

function idToken() {
  const now = Math.floor(Date.now() / 1000);
  const head = { alg: 'RS256', kid: 'own', typ: 'JWT', ...lie.head };
  const claims = {
    iss: issuer, aud: setup.clientId, iat: now, exp: now + 600, nonce: asked.get('nonce'),
    ...account, ...lie.claims,
  };
  const text = `${part(head)}.${part(claims)}`;
  const key = lie.key ?? own.privateKey;
  const signature = lie.sign?.(text) ?? crypto.sign('sha256', Buffer.from(text), key).toString('base64url');
  return `${text}.${signature}`;
}

async function body(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

async function answer(request) {
  const url = new URL(request.url, issuer);
  switch (url.pathname) {
    case '/_setup': setup = await body(request); return {};
    case '/_as': account = await body(request); return {};
    case '/_lie': lie = LIES[(await body(request)).lie]; return lie ? {} : null;
    case '/.well-known/openid-configuration':
      return {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      };
    case '/keys':
      return { keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: 'own', alg: 'RS256', use: 'sig' }] };
    case '/authorize': {
      asked = url.searchParams;
      const back = new URL(asked.get('redirect_uri'));
      back.searchParams.set('code', crypto.randomUUID());
      back.searchParams.set('state', asked.get('state'));
      return { location: back.href };
    }
    case '/token':
      return { access_token: 'unused', token_type: 'Bearer', expires_in: 600, id_token: idToken() };
    default:
      return null;
  }
}

const server = http.createServer(async (request, response) => {
  const told = await answer(request);
  if (told?.location) response.writeHead(303, { location: told.location }).end();
  else response.writeHead(told ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(told));
});
let issuer;
server.listen(0, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  process.stdout.write(`${JSON.stringify({ issuer })}\n`);
});
// The test that started it is gone.
process.stdin.on('end', () => process.exit(0)).resume();
