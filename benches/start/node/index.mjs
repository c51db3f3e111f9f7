// A function with the clients that ours have, and as little else as can be: it reads the event's
// brand from the table. The loop is what Lambda's own runtime does around a handler, without its
// logging and tracing.
import { request } from "node:http";
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";

const table = new DynamoDBClient({});
const clients = { table, bucket: new S3Client({}), queues: new SQSClient({}) };

async function handler({ brandId }) {
  const key = { pk: { S: "BRANDS" }, sk: { S: brandId } };
  const command = new GetItemCommand({ TableName: process.env.TABLE_NAME, Key: key });
  const { Item: item } = await clients.table.send(command);
  return { kind: item ? "found" : "not found" };
}

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const options = { host, port, method, path: `/2018-06-01/runtime/invocation/${path}` };
    const sent = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part) => (text += part));
      response.on("end", () => resolve({ headers: response.headers, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

for (;;) {
  const { headers, text } = await call("GET", "next");
  const id = headers["lambda-runtime-aws-request-id"];
  try {
    await call("POST", `${id}/response`, JSON.stringify(await handler(JSON.parse(text))));
  } catch (error) {
    const failure = { errorType: error.name, errorMessage: error.message };
    await call("POST", `${id}/error`, JSON.stringify(failure));
  }
}
