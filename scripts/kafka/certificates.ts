import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Certificates {
  /** PEM file of the authority. */
  caFile: string
  /** PKCS12 file with key and certificate of the brokers, for `localhost` and 127.0.0.1. */
  keyStore: string
  keyStorePassword: string
}

const run = promisify(execFile)
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
const PASSWORD = 'changeit'

/** Makes an authority and a certificate signed by it in an existing folder, valid for two days. */
export async function makeCertificates (directory: string): Promise<Certificates> {
  const [caKey, caFile, key, certificate, keyStore] = ['ca.key', 'ca.pem', 'broker.key', 'broker.pem', 'broker.p12'].map(file => join(directory, file)) as [string, string, string, string, string]
  await openssl('req', '-x509', ...NEW_KEY, '-subj', '/CN=Test authority', '-keyout', caKey, '-out', caFile)
  await openssl('req', '-x509', ...NEW_KEY, '-subj', '/CN=localhost', '-CA', caFile, '-CAkey', caKey, '-keyout', key, '-out', certificate,
    '-addext', 'basicConstraints=critical,CA:FALSE', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1')
  await openssl('pkcs12', '-export', '-in', certificate, '-inkey', key, '-certfile', caFile, '-name', 'broker', '-passout', `pass:${PASSWORD}`, '-out', keyStore)
  return { caFile, keyStore, keyStorePassword: PASSWORD }
}

async function openssl (...args: string[]): Promise<void> {
  await run('openssl', args).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new Error('openssl is missing: install the Debian package openssl', { cause: error })
    throw error
  })
}
