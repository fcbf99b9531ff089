// Runs the Code node of the n8n workflow as n8n does: its text is the body of
// an async function that has `$input`, `require` and `this.helpers`.
//
// Reads {workflow, secret, headers, body (base64)} from the standard input and
// writes what the node hands on.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const { workflow, secret, headers, body } = JSON.parse(readFileSync(0, 'utf8'));
const { nodes } = JSON.parse(readFileSync(workflow, 'utf8'));
const code = nodes.find((node) => node.type === 'n8n-nodes-base.code').parameters.jsCode;
if (!code.includes("'whsec_REPLACE_ME'")) throw new Error('the place of the secret is gone');

const AsyncFunction = (async () => {}).constructor;
const run = new AsyncFunction('$input', 'require', code.replace('whsec_REPLACE_ME', secret));
const input = { first: () => ({ json: { headers } }) };
const helpers = {
  getBinaryDataBuffer: async (item, name) => {
    if (item !== 0 || name !== 'data') throw new Error(`there is no ${name} in item ${item}`);
    return Buffer.from(body, 'base64');
  },
};
const items = await run.call({ helpers }, input, createRequire(import.meta.url));
console.log(JSON.stringify(items));
