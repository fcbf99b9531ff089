// Receives the webhooks of Portico: verifies each, drops what it has seen,
// answers, and works afterwards.
//
//   npm install
//   WEBHOOK_SECRET=whsec_… PORT=3000 npm start
import { createServer } from 'node:http';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';

const MAX_BODY_BYTES = 1024 * 1024;

const webhook = new Webhook(process.env.WEBHOOK_SECRET);

// In a real receiver this is a table with a unique key on the id, written in
// the transaction that does the work, and kept for five days at least.
const seen = new Set();

const server = createServer(async (request, response) => {
  const body = await read(request);
  if (body === undefined) return response.writeHead(413).end();
  let event;
  try {
    // The bytes as they came: whoever parses and writes JSON again gets others.
    event = webhook.verify(body.toString('utf8'), request.headers);
  } catch (error) {
    // What is no JSON after a good signature is not Portico's.
    const isForged = error instanceof WebhookVerificationError;
    return response.writeHead(isForged ? 401 : 400).end();
  }
  const isNew = !seen.has(event.id);
  seen.add(event.id);
  response.writeHead(204).end();
  if (isNew) handle(event);
});

async function read(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function handle(event) {
  console.log(`${event.eventType} ${event.id} ${event.sequence}`);
}

server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/`);
});
