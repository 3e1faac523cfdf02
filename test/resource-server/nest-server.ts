import 'reflect-metadata'
import type { AddressInfo } from 'node:net'
import { Controller, Module, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { onTestFinished } from 'vitest'

/** Starts a NestJS application with this controller behind this guard; gives its URL. */
export async function nestServer(
  controller: new () => object,
  guard: Parameters<typeof UseGuards>[0]
): Promise<string> {
  UseGuards(guard)(controller)
  Controller()(controller)
  class App {}
  Module({ controllers: [controller] })(App)
  const app = await NestFactory.create(App, { logger: false })
  await app.listen(0, '127.0.0.1')
  onTestFinished(() => app.close())
  return `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`
}
