/** Answers HTTP requests on the port given, over connections that stay open. */
import http from 'node:http';
import process from 'node:process';

const server = http.createServer((_request, response) => {
  response.end('hello\n');
});
server.keepAliveTimeout = 0;
server.requestTimeout = 0;
server.listen(Number(process.argv[2]), '127.0.0.1');
