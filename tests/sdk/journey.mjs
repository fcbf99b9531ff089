// A client's whole way in, driven by the published SDK and checked by the
// published webhook library: what they accept is what "compatible" means.
//
//   PORTICO_URL=… PORTICO_API_KEY=… node --import ./ext-hook.mjs journey.mjs [copilot-node-sdk]
//
// without an argument @assembly-js/node-sdk, with one its older name.
// Every run has clients, a company and an endpoint of its own and deletes them,
// so it can be repeated against the same server.
import assert from 'node:assert/strict';
import { createCipheriv, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

const { Webhook, WebhookVerificationError } = await import('standardwebhooks');

const BASE = setting('PORTICO_URL').replace(/\/+$/, '');
const API_KEY = setting('PORTICO_API_KEY');
const PATIENCE_MS = 20_000;
const PAUSE_MS = 50;
// `fetch` waits for ever for a server that never answers.
const DEADLINE_MS = 90_000;

const run = randomUUID();
const email = `ada.${run}@example.com`;
const password = `correct horse ${run}`;

let api;
let step = 'start';
let checks = 0;

failAtDeadline();
try {
  await journey();
  console.log(`journey: ${checks} checks passed`);
  process.exit(0);
} catch (error) {
  const told = error.name === 'ApiError' ? `${error.message} ${inspect(error.body, { depth: 5 })}` : (error.stack ?? error);
  console.error(`journey: failed at "${step}" after ${checks} checks\n${told}`);
  process.exit(1);
}

async function journey() {
  api = await (process.argv[2] === 'copilot-node-sdk' ? copilot() : assembly());
  const endpoint = await registerEndpoint();
  try {
    const company = await addCompany();
    const client = await inviteClient(company);
    await listClients(client);
    await changeClient(client);
    const link = await readMail(client);
    await lookAtLink(client, link);
    await acceptInvitation(client, link);
    await refuseDuplicate(client);
    await changeCompany(company);
    await readWorkspace();
    await readTeam();
    await readCustomFields(client);
    await replaceClient(client);
    await bill(client);
    await refuseUnbuilt();
    await sendEvent();
    await deleteCompany(company);
    await deleteClient(client);
    await receiveWebhooks(endpoint.secret, client, link);
  } finally {
    // A server that is used again would go on telling it everything. Failing
    // here must not hide why the journey failed.
    await call('DELETE', `/v1/webhook-endpoints/${endpoint.id}`).catch(() => {});
  }
}

async function assembly() {
  // Without it the SDK refuses a plain key and asks for an app's token.
  process.env.ASSEMBLY_ENV = 'local';
  const { assemblyApi, OpenAPI } = await import('@assembly-js/node-sdk');
  OpenAPI.BASE = BASE;
  return assemblyApi({ apiKey: API_KEY });
}

// It learns where the API is from the token that an app gets; from then on the
// key goes out behind the id of the workspace.
async function copilot() {
  step = 'read the workspace for a token';
  const { copilotApi } = await import('copilot-node-sdk');
  const { body: workspace } = await call('GET', '/v1/workspaces');
  const payload = JSON.stringify({ workspaceId: workspace.id, baseUrl: BASE });
  const key = Buffer.from(createHmac('sha256', API_KEY).digest('hex').slice(0, 32), 'hex');
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', key, iv);
  const token = Buffer.concat([iv, cipher.update(payload), cipher.final()]).toString('hex');
  return copilotApi({ apiKey: API_KEY, token });
}

async function registerEndpoint() {
  step = 'register a webhook endpoint';
  const { status, body } = await call('POST', '/v1/webhook-endpoints', {
    url: hooksUrl(),
    eventTypes: ['*'],
  });
  equal(status, 201, 'status');
  match(body.secret, /^whsec_/, 'secret');
  return body;
}

async function addCompany() {
  step = 'createCompany';
  const name = `Analytical Engines ${run}`;
  const company = await api.createCompany({ requestBody: { name } });
  equal(company.object, 'company', 'object');
  equal(company.name, name, 'name');
  equal(company.isPlaceholder, false, 'isPlaceholder');
  return company;
}

async function inviteClient(company) {
  step = 'createClient';
  const client = await api.createClient({
    sendInvite: true,
    requestBody: { givenName: 'Ada', familyName: 'Byron', email, companyIds: [company.id] },
  });
  equal(client.object, 'client', 'object');
  equal(client.status, 'invited', 'status');
  equal(client.email, email, 'email');
  equal(client.companyId, company.id, 'companyId');
  deepEqual(client.companyIds, [company.id], 'companyIds');

  step = 'retrieveClient';
  const retrieved = await api.retrieveClient({ id: client.id });
  equal(retrieved.id, client.id, 'id');
  equal(retrieved.status, 'invited', 'status');
  equal(retrieved.givenName, 'Ada', 'givenName');
  equal(retrieved.inviteUrl, client.inviteUrl, 'inviteUrl');
  return client;
}

async function listClients(client) {
  step = 'createClient without an invitation';
  const other = await api.createClient({
    requestBody: { givenName: 'Charles', familyName: 'Babbage', email: `charles.${run}@example.com` },
  });
  equal(other.status, 'notInvited', 'status');
  match(other.companyId, /./, 'companyId of a placeholder');

  step = 'listClients page by page';
  const ids = [];
  let nextToken;
  do {
    const page = await api.listClients({ limit: 1, nextToken });
    ok(page.data.length <= 1, 'a page keeps its limit');
    ids.push(...page.data.map((listed) => listed.id));
    ({ nextToken } = page);
  } while (nextToken && ids.length < 1_000);
  equal(new Set(ids).size, ids.length, 'clients listed only once');
  ok(ids.includes(client.id) && ids.includes(other.id), 'both clients are listed');

  step = 'listClients by e-mail';
  const found = await api.listClients({ email });
  deepEqual(found.data.map((listed) => listed.id), [client.id], 'ids');

  step = 'deleteClient of the other client';
  deepEqual(await api.deleteClient({ id: other.id }), { id: other.id, object: 'client', deleted: true }, 'answer');
}

async function changeClient(client) {
  step = 'updateClient';
  const changed = await api.updateClient({ id: client.id, requestBody: { familyName: 'Lovelace' } });
  equal(changed.familyName, 'Lovelace', 'familyName');
  equal(changed.givenName, 'Ada', 'givenName');
  equal(changed.status, 'invited', 'status');
}

async function readMail(client) {
  step = 'wait for the mail';
  const query = encodeURIComponent(`to:${email}`);
  const mails = await until(async () => {
    const { body } = await call('GET', `/_dev/mail/api/v1/search?query=${query}`);
    return body.messages.length > 0 && body.messages;
  });
  ok(mails, `a mail to ${email} within ${PATIENCE_MS} ms`);
  equal(mails.length, 1, 'number of mails');
  deepEqual(mails[0].To.map((to) => to.Address), [email], 'To');

  step = 'read the mail';
  const { body: mail } = await call('GET', `/_dev/mail/api/v1/message/${mails[0].ID}`);
  const [link] = mail.Text.match(/https?:\/\/\S+\/i\/[\w.~-]+/) ?? [];
  ok(link, 'the text part carries the link');
  ok(mail.HTML.includes(`href="${link}"`), 'the HTML part carries the same link');
  equal(link, client.inviteUrl, 'link of the mail and inviteUrl');
  return link;
}

async function lookAtLink(client, link) {
  step = 'GET the link';
  const got = await fetch(link, { headers: { accept: 'text/html' } });
  equal(got.status, 200, 'status');
  match(got.headers.get('content-type'), /^text\/html/, 'content-type');
  match(await got.text(), /<form[^>]*method="post"/, 'page');

  step = 'HEAD the link';
  const headed = await fetch(link, { method: 'HEAD' });
  equal(headed.status, 200, 'status');
  equal(await headed.text(), '', 'body');

  step = 'retrieveClient after looking at the link';
  const seen = await api.retrieveClient({ id: client.id });
  equal(seen.status, 'invited', 'status');
  equal(seen.inviteUrl, link, 'inviteUrl');
}

async function acceptInvitation(client, link) {
  step = 'accept the invitation';
  const accepted = await post(`${link}/accept`, { password });
  equal(accepted.status, 200, `status, with the body ${inspect(accepted.body)}`);
  equal(accepted.body.id, client.id, 'id');
  equal(accepted.body.status, 'active', 'status of the client');

  step = 'retrieveClient after accepting';
  const active = await api.retrieveClient({ id: client.id });
  equal(active.status, 'active', 'status');
  equal(active.inviteUrl, '', 'inviteUrl');
  match(active.firstLoginDate, /Z$/, 'firstLoginDate');

  step = 'accept the invitation again';
  const again = await post(`${link}/accept`, { password });
  equal(again.status, 410, 'status');
  equal(again.body.code, 'invitation_accepted', 'code');
}

async function refuseDuplicate(client) {
  step = 'createClient with an address that is taken';
  const duplicate = { givenName: 'Ada', familyName: 'Again', email: email.toUpperCase() };
  await refused(() => api.createClient({ requestBody: duplicate }), 409, 'email_taken');
  const found = await api.listClients({ email });
  deepEqual(found.data.map((listed) => listed.id), [client.id], 'ids');
}

async function changeCompany(company) {
  step = 'listCompanies';
  const listed = await api.listCompanies({ name: company.name });
  deepEqual(listed.data.map((one) => one.id), [company.id], 'ids');

  step = 'retrieveCompany';
  // How many clients it has follows moments after they come and go.
  const { clientCount, ...retrieved } = await api.retrieveCompany({ id: company.id });
  const { clientCount: before, ...created } = company;
  deepEqual(retrieved, created, 'company');
  deepEqual([typeof clientCount, before], ['number', 0], 'clientCount');

  step = 'updateCompany';
  const name = `Difference Engines ${run}`;
  const changed = await api.updateCompany({ id: company.id, requestBody: { name } });
  equal(changed.name, name, 'name');
  equal((await api.retrieveCompany({ id: company.id })).name, name, 'name when read again');
}

async function readWorkspace() {
  step = 'retrieveWorkspace';
  const workspace = await api.retrieveWorkspace();
  equal(workspace.object, 'workspace', 'object');
  match(workspace.id, /./, 'id');
  match(workspace.portalUrl, /^https?:/, 'portalUrl');
}

async function readTeam() {
  step = 'listInternalUsers';
  const { data } = await api.listInternalUsers({ limit: 100 });
  const [first] = data;
  equal(first.object, 'internalUser', 'object');
  match(first.email, /@/, 'email');

  step = 'retrieveInternalUser';
  const one = await api.retrieveInternalUser({ id: first.id });
  equal(one.id, first.id, 'id');
  equal(one.role, first.role, 'role');
}

// Custom fields are not made through the SDKs, only read and filled.
async function readCustomFields(client) {
  step = 'make a custom field';
  const field = { entityType: 'client', name: `Tier ${run}`, type: 'multiSelect', options: [{ label: 'Gold' }, { label: 'Silver' }] };
  const { status, body } = await call('POST', '/v1/custom-fields', { customFields: [field] });
  equal(status, 200, 'status');
  const { id, key } = body.customFields[0];

  step = 'listCustomFields';
  const { data: fields } = await api.listCustomFields({ entityType: 'client' });
  const listed = fields.find((one) => one.id === id);
  equal(listed.key, key, 'key');
  equal(listed.type, 'multiSelect', 'type');
  equal(listed.object, 'customField', 'object');

  step = 'listCustomFieldOptions';
  const { data: options } = await api.listCustomFieldOptions({ id });
  deepEqual(options.map((option) => option.label), ['Gold', 'Silver'], 'labels');
  const { data: silver } = await api.listCustomFieldOptions({ id, label: 'Silver' });
  equal(silver.length, 1, 'options with this label');

  step = 'fill a custom field';
  const customFields = { [key]: [silver[0].key] };
  const filled = await api.updateClient({ id: client.id, requestBody: { customFields } });
  deepEqual(filled.customFields[key], [silver[0].key], 'value');

  step = 'delete a custom field';
  await call('DELETE', `/v1/custom-fields/${id}`);
}

async function replaceClient(client) {
  step = 'updateAClientDestructive';
  const before = await api.retrieveClient({ id: client.id });
  const requestBody = { givenName: before.givenName, familyName: before.familyName, companyIds: before.companyIds };
  const after = await api.updateAClientDestructive({ id: client.id, requestBody });
  equal(after.familyName, before.familyName, 'familyName');
  deepEqual(after.companyIds, before.companyIds, 'companyIds');
  equal(after.email, before.email, 'email');
  deepEqual(after.customFields ?? {}, {}, 'customFields');
}

async function bill(client) {
  step = 'createInvoice';
  const requestBody = {
    clientId: client.id,
    lineItems: [{ description: 'Hours', amount: 5000, quantity: 1.5 }],
    daysUntilDue: 30,
    taxPercentage: 10,
    paymentMethodPreferences: [{ type: 'creditCard', feePaidByClient: true }],
  };
  const invoice = await api.createInvoice({ requestBody });
  equal(invoice.object, 'invoice', 'object');
  equal(invoice.status, 'open', 'status');
  equal(invoice.clientId, client.id, 'clientId');
  equal(invoice.companyId, client.companyId, 'companyId');
  deepEqual([invoice.taxAmount, invoice.total], [750, 8250], 'taxAmount and total');
  deepEqual(invoice.paymentMethodPreferences, requestBody.paymentMethodPreferences, 'paymentMethodPreferences');

  step = 'retrieveInvoice';
  deepEqual(await api.retrieveInvoice({ id: invoice.id }), invoice, 'invoice');

  step = 'listInvoices';
  const invoices = await api.listInvoices({});
  deepEqual(invoices.data.find((one) => one.id === invoice.id), invoice, 'invoice');

  step = 'record a payment';
  const { status } = await call('POST', `/v1/invoices/${invoice.id}/payments`, { amount: 8250, paymentMethod: 'bankAccount' });
  equal(status, 201, 'status');

  step = 'listPayments';
  const payments = await api.listPayments({ invoiceId: invoice.id });
  deepEqual(payments.data.map((one) => [one.status, one.amount, one.paymentMethod]), [['succeeded', 8250, 'bankAccount']], 'payments');
  equal((await api.retrieveInvoice({ id: invoice.id })).status, 'paid', 'status');
}

async function refuseUnbuilt() {
  step = 'retrieveTasks, which is not there yet';
  await refused(() => api.retrieveTasks({}), 501, 'not_implemented');
}

async function deleteCompany(company) {
  step = 'deleteCompany';
  deepEqual(await api.deleteCompany({ id: company.id }), { id: company.id, object: 'company', deleted: true }, 'answer');
  await refused(() => api.retrieveCompany({ id: company.id }), 404, 'not_found');
}

async function deleteClient(client) {
  step = 'deleteClient';
  deepEqual(await api.deleteClient({ id: client.id }), { id: client.id, object: 'client', deleted: true }, 'answer');
  step = 'retrieveClient after deleting';
  await refused(() => api.retrieveClient({ id: client.id }), 404, 'not_found');
}

// Only the newer of the two SDKs can.
async function sendEvent() {
  if (!api.sendWebhook) return;
  step = 'sendWebhook';
  const task = { id: run, title: 'Send the report' };
  await api.sendWebhook('task.created', task);
  let sent;
  const arrived = await until(async () => {
    const events = (await received()).map((request) => JSON.parse(request.body));
    sent = events.find((event) => event.eventType === 'task.created' && event.data.id === run);
    return sent !== undefined;
  });
  ok(arrived, `task.created within ${PATIENCE_MS} ms`);
  equal(sent.object, 'task', 'object');
  deepEqual(sent.data, task, 'data');
}

async function receiveWebhooks(secret, client, link) {
  step = 'wait for the webhooks';
  const awaited = ['client.created', 'invitation.sent', 'invitation.accepted', 'client.activated', 'client.deleted'];
  let requests = [];
  let ours = [];
  const complete = await until(async () => {
    requests = await received();
    ours = requests
      .map((request) => JSON.parse(request.body))
      .filter((event) => (event.object === 'client' ? event.data.id : event.data.clientId) === client.id);
    return awaited.every((type) => ours.some((event) => event.eventType === type));
  });
  const arrived = ours.map((event) => event.eventType);
  ok(complete, `all of ${awaited.join(', ')} within ${PATIENCE_MS} ms; arrived: ${arrived.join(', ')}`);
  // Retries may repeat an event; the first arrival is what a receiver goes by.
  const order = [...new Set(arrived)].filter((type) => awaited.includes(type));
  deepEqual(order, awaited, 'order of arrival');

  step = 'verify the webhooks';
  const webhook = new Webhook(secret);
  const token = link.split('/i/')[1];
  for (const request of requests) {
    const { body, headers } = request;
    const event = webhook.verify(body, headers);
    const what = event.eventType;
    equal(event.id, headers['webhook-id'], `webhook-id of ${what}`);
    equal(headers['x-copilot-signature'], createHmac('sha256', secret).update(body).digest('hex'), `x-copilot-signature of ${what}`);
    match(headers['user-agent'], /^Portico\//, `user-agent of ${what}`);
    ok(!body.includes(token), `${what} does not carry the link`);
    const tampered = body.replace(event.id, randomUUID());
    assert.notEqual(tampered, body);
    throws(() => webhook.verify(tampered, headers), WebhookVerificationError, `a tampered ${what}`);
  }

  step = 'read client.updated';
  const updated = ours.find((event) => event.eventType === 'client.updated');
  ok(updated, `client.updated arrived before client.deleted; arrived: ${arrived.join(', ')}`);
  deepEqual(updated.previousAttributes, { familyName: 'Byron', name: 'Ada Byron' }, 'previousAttributes');
  deepEqual(updated.data.previousAttributes, updated.previousAttributes, 'previousAttributes within data');
}

/** What this run's endpoint received, in order of arrival. */
async function received() {
  const { body } = await call('GET', '/_dev/hooks/api/v1/requests');
  return body.data.filter((request) => request.path.includes(run));
}

// The tester lists its path with the query, which tells runs apart.
function hooksUrl() {
  return `${BASE}/_dev/hooks?run=${run}`;
}

function call(method, path, body) {
  return send(method, BASE + path, { 'x-api-key': API_KEY }, body);
}

function post(url, body) {
  return send('POST', url, {}, body);
}

async function send(method, url, headers, body) {
  const response = await fetch(url, {
    method,
    headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }), ...headers },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}

/** Asks until the answer is truthy or patience ends; the last answer. */
async function until(ask) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer || Date.now() >= end) return answer;
    await sleep(PAUSE_MS);
  }
}

async function refused(request, status, code) {
  let answer;
  try {
    answer = await request();
  } catch (error) {
    equal(error.name, 'ApiError', `an ApiError, not ${error}`);
    equal(error.status, status, 'status');
    equal(error.body?.code, code, 'code');
    match(error.body.message, /./, 'message');
    return;
  }
  assert.fail(`expected ${status} ${code}, got ${inspect(answer)}`);
}

function equal(actual, expected, what) {
  compare(() => assert.equal(actual, expected), actual, expected, what);
}

function deepEqual(actual, expected, what) {
  compare(() => assert.deepEqual(actual, expected), actual, expected, what);
}

// assert's own message, with the difference line by line, goes away once one
// is given that says what was compared.
function compare(holds, actual, expected, what) {
  try {
    holds();
  } catch {
    assert.fail(`${what}: expected ${inspect(expected, { depth: 5 })}, got ${inspect(actual, { depth: 5 })}`);
  }
  checks += 1;
}

function match(actual, pattern, what) {
  ok(typeof actual === 'string' && pattern.test(actual), `${what}: expected ${pattern}, got ${inspect(actual)}`);
}

function throws(act, kind, what) {
  assert.throws(act, kind, `${what} must be refused`);
  checks += 1;
}

function ok(holds, what) {
  assert.ok(holds, what);
  checks += 1;
}

function setting(name) {
  const value = process.env[name];
  if (value) return value;
  console.error(`journey: ${name} is not set`);
  process.exit(2);
}

function failAtDeadline() {
  const fail = () => {
    console.error(`journey: still at "${step}" after ${DEADLINE_MS} ms`);
    process.exit(1);
  };
  setTimeout(fail, DEADLINE_MS).unref();
}
