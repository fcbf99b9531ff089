// Signs each job as Portico signs a webhook, and posts it.
import { createHmac } from 'node:crypto';
import { Worker } from 'bullmq';

const connection = { host: '127.0.0.1', port: Number(process.env.REDIS_PORT), maxRetriesPerRequest: null };
const secret = 'whsec_Pi2estj6r34JTyXrmyaOS7nu9/59lAUvlnbC6J7hcPs=';
const key = Buffer.from(secret.slice('whsec_'.length), 'base64');

const worker = new Worker(
  'webhooks',
  async (job) => {
    const { id, url, body } = job.data;
    const timestamp = Math.floor(Date.now() / 1000);
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    const compatible = createHmac('sha256', secret).update(body).digest('hex');
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': `v1,${signature}`,
        'x-copilot-signature': compatible,
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(15_000),
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`status ${response.status}`);
  },
  { connection, concurrency: Number(process.env.CONCURRENCY) },
);
await worker.waitUntilReady();
console.log('ready');
