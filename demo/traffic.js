import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'

/** Calls the orders service once and says what came back. */
export async function call(orders, method = 'GET') {
  const { statusCode, headers, body } = await request(`${orders.origin}/orders/7`, { method })
  await body.dump()
  return { status: statusCode, reason: headers['x-reason'] }
}

/** Twenty calls a second until `enough()`, and at the longest for `limit` ms: how many there were, and how many failed. */
export async function traffic(orders, { enough, limit }) {
  const end = Date.now() + limit
  const calls = []
  while (!enough() && Date.now() < end) {
    calls.push(call(orders).catch(() => ({ status: 0 })))
    await sleep(50)
  }
  const answers = await Promise.all(calls)
  return { calls: answers.length, failed: answers.filter(({ status }) => status !== 200).length }
}
