// What a function in Node does at the least: a client of the SDK at its start,
// and for each event one read of the table. The loop around it is what Lambda's
// own runtime does.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';

const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));

async function handle() {
  const { Item } = await table.send(
    new GetCommand({ TableName: process.env.PORTICO_TABLE, Key: { pk: 'KEY', sk: 'KEY' } }),
  );
  return { statusCode: Item ? 200 : 401 };
}

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
for (;;) {
  const next = await fetch(`${api}/next`);
  const id = next.headers.get('lambda-runtime-aws-request-id');
  const answer = await handle(await next.json());
  await fetch(`${api}/${id}/response`, { method: 'POST', body: JSON.stringify(answer) });
}
