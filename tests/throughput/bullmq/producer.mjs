// Adds jobs, and prints when each was added: lines of name and microseconds.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';

const [mode, count, fanOut, url, label, pace] = process.argv.slice(2);
const connection = { host: '127.0.0.1', port: Number(process.env.REDIS_PORT) };
const queue = new Queue('webhooks', {
  connection,
  defaultJobOptions: {
    attempts: 12,
    backoff: { type: 'exponential', delay: 5_000 },
    removeOnComplete: true,
  },
});
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const now = () => Math.round((performance.timeOrigin + performance.now()) * 1000);

async function add(number) {
  const name = `${label} ${number}`;
  const id = randomUUID();
  const body = JSON.stringify({
    id,
    eventType: 'company.created',
    object: 'company',
    objectId: randomUUID(),
    created: new Date().toISOString(),
    workspaceId: randomUUID(),
    sequence: 1,
    apiVersion: '1',
    data: {
      id: randomUUID(),
      object: 'company',
      createdAt: new Date().toISOString(),
      updatedAt: new Date().toISOString(),
      name,
      iconImageUrl: null,
      fallbackColor: '#5B5BD6',
      isPlaceholder: false,
      customFields: null,
    },
  });
  const job = { name: 'webhook', data: { id, url, body } };
  if (fanOut === '1') await queue.add(job.name, job.data);
  else await queue.addBulk(Array.from({ length: Number(fanOut) }, () => job));
  return `${name}\t${now()}`;
}

if (mode === 'drain') await queue.pause();
else await queue.waitUntilReady();
console.log('ready');
await lines.next();
const added = [];
if (mode === 'steady') {
  // One every so many milliseconds.
  for (let number = 0; number < Number(count); number += 1) {
    added.push(add(number));
    await sleep(Number(pace));
  }
} else {
  let next = 0;
  const adder = async () => {
    while (next < Number(count)) {
      next += 1;
      added.push(await add(next - 1));
    }
  };
  await Promise.all(Array.from({ length: 32 }, adder));
}
const done = await Promise.all(added);
if (mode === 'drain') {
  console.log('added');
  await lines.next();
  await queue.resume();
}
console.log(done.join('\n'));
console.log('done');
await queue.close();
process.exit(0);
