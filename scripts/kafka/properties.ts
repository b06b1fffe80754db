/** One broker of a cluster, as the others and its clients reach it. All listen on 127.0.0.1. */
export interface BrokerPorts {
  id: number
  plaintext: number
  controller: number
  /** Only in a cluster with security. */
  saslSsl?: number
}

export interface PropertiesOptions {
  broker: BrokerPorts
  /** All brokers, this one too. Each is a controller as well. */
  brokers: readonly BrokerPorts[]
  /** Folder of the log segments. */
  dataDirectory: string
  security?: SecurityOptions
}

export interface SecurityOptions {
  /** PKCS12 file with key and certificate of the brokers. */
  keyStore: string
  keyStorePassword: string
  /** The one user, of SCRAM and of PLAIN. */
  username: string
  password: string
}

/** Text of `server.properties` for a KRaft node that is broker and controller. */
export function serverProperties ({ broker, brokers, dataDirectory, security }: PropertiesOptions): string {
  const replicas = brokers.length
  const inSync = Math.min(2, replicas)
  const saslSsl = broker.saslSsl === undefined ? [] : [broker.saslSsl]
  return propertiesText({
    'process.roles': 'broker,controller',
    'node.id': broker.id,
    'controller.quorum.voters': brokers.map(({ id, controller }) => `${id}@127.0.0.1:${controller}`).join(),
    'controller.listener.names': 'CONTROLLER',
    listeners: [`PLAINTEXT://127.0.0.1:${broker.plaintext}`, `CONTROLLER://127.0.0.1:${broker.controller}`, ...saslSsl.map(port => `SASL_SSL://127.0.0.1:${port}`)].join(),
    'advertised.listeners': [`PLAINTEXT://127.0.0.1:${broker.plaintext}`, ...saslSsl.map(port => `SASL_SSL://localhost:${port}`)].join(),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': dataDirectory,
    'auto.create.topics.enable': false,
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.num.partitions': 5,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.num.partitions': 5,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'group.initial.rebalance.delay.ms': 0,
    // A broker that was killed is let in again only when its former self has timed out.
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    ...(security === undefined ? {} : securityProperties(security))
  })
}

/** OAUTHBEARER without further settings takes any unsigned token that has not expired. */
function securityProperties ({ keyStore, keyStorePassword, username, password }: SecurityOptions): Record<string, string> {
  const modules = 'org.apache.kafka.common.security'
  return {
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': keyStore,
    'ssl.keystore.password': keyStorePassword,
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512,SCRAM-SHA-256,PLAIN,OAUTHBEARER',
    'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
    'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': `${modules}.scram.ScramLoginModule required;`,
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `${modules}.plain.PlainLoginModule required user_${username}="${password}";`,
    'listener.name.sasl_ssl.oauthbearer.sasl.jaas.config': `${modules}.oauthbearer.OAuthBearerLoginModule required;`
  }
}

function propertiesText (properties: Record<string, string | number | boolean>): string {
  return Object.entries(properties).map(([key, value]) => `${key}=${value}\n`).join('')
}
