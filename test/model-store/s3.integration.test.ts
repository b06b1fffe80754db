import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { CreateBucketCommand, DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { createS3Store } from '../../model-store/backends/s3.ts'
import { Bucket } from '../../model-store/backends/s3/bucket.ts'
import { S3Server } from '../../scripts/s3/server.ts'
import { serverFor } from '../server-for.ts'
import { conformance } from './conformance.ts'
import { failingProxy } from './failing-proxy.ts'

/** AWS_ENDPOINT_URL_S3 names a server to test with in place of one of our own; a bucket `inquiry-matching-test-…` stays on it. */
t.setTimeout(300_000)

const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' }

t.test('a store in S3', async t => {
  const directory = t.testdir()
  const endpoint = process.env.AWS_ENDPOINT_URL_S3 ?? (await serverFor(t, 'S3', async () => await S3Server.start({ directory })))?.url
  if (endpoint === undefined) return
  if (!process.env.AWS_ENDPOINT_URL_S3) Object.assign(process.env, CREDENTIALS)
  const bucketName = `inquiry-matching-test-${randomUUID().slice(0, 8)}`
  const client = new S3Client({ endpoint, forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: bucketName }))
  const bucket = new Bucket({ bucket: bucketName, endpoint })

  await conformance(t, async t => {
    const cacheFolder = `${t.testdirName}-cache`
    t.teardown(async () => await rm(cacheFolder, { recursive: true, force: true }))
    const open = (address: string) => createS3Store({ bucket: bucketName, prefix: 'models', endpoint: address, cacheFolder })
    return {
      open: () => open(endpoint),
      openThroughFailure: async failure => open(await failingProxy(t, endpoint, failure)),
      async tamper (name, version, file, change) {
        const folder = `models/${name}/${version}/`
        const key = file === 'manifest.json' ? folder + file : [...(await bucket.list(folder)).keys()].find(key => key.endsWith(`/${file}`))!
        const bytes = change((await bucket.get(key))!.bytes)
        if (bytes) await bucket.put(key, bytes)
        else await client.send(new DeleteObjectCommand({ Bucket: bucketName, Key: key }))
      }
    }
  })
})
