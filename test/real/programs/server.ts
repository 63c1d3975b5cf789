/**
 * A web server that knows nothing of belay: `/count` counts, `/greedy` fills the heap to its limit.
 *
 * Prints its port on the first line. Run it with a small --max-old-space-size.
 */
import { createServer } from 'node:http';

let count = 0;
const hoard: number[][] = [];

const server = createServer((request, response) => {
  if (request.url === '/count') {
    count += 1;
    response.end(String(count));
    return;
  }
  for (;;) hoard.push(new Array<number>(10_000).fill(hoard.length));
});

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(address?.port);
});
