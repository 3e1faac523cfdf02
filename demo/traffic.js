import { setTimeout as sleep } from 'node:timers/promises'

/** Calls an orders service once and says what came back. */
export async function call(orders, method = 'GET') {
  const response = await fetch(`${orders.origin}/orders/7`, { method })
  await response.arrayBuffer()
  return { status: response.status, reason: response.headers.get('x-reason') }
}

/** Twenty calls a second to each service until `enough()`, and at the longest for `limit` ms: how many of each there were, and how many failed. */
export async function traffic(services, { enough, limit }) {
  const end = Date.now() + limit
  const calls = services.map(() => [])
  while (!enough() && Date.now() < end) {
    services.forEach((orders, index) => {
      calls[index].push(call(orders).catch(() => ({ status: 0 })))
    })
    await sleep(50)
  }
  return Promise.all(calls.map(async (some) => counted(await Promise.all(some))))
}

/** Fifty calls at once to each service. */
export function burst(services) {
  const fifty = (orders) => Promise.all(Array.from({ length: 50 }, () => call(orders)))
  return Promise.all(services.map(async (orders) => counted(await fifty(orders))))
}

function counted(answers) {
  return { calls: answers.length, failed: answers.filter(({ status }) => status !== 200).length }
}
