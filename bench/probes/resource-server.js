// A resource server in a process of its own, so that its work is not counted as the client's. It ends with its parent.
import { createServer } from 'node:http'

const server = createServer((incoming, response) => {
  incoming.resume()
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end('{"id":42}')
})
server.listen(0, '127.0.0.1', () => process.send(`http://127.0.0.1:${server.address().port}`))
process.on('disconnect', () => process.exit())
