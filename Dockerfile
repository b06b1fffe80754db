# One image for each process: `docker build .` makes the API; `--target adapter` makes the Kafka adapter.
# The base may be given by digest or from a mirror: --build-arg NODE_IMAGE=…
ARG NODE_IMAGE=node:20-bookworm-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci

FROM packages AS build
COPY . .
RUN npm run build && rm -rf dist/pipelines dist/scripts dist/.tsbuildinfo

# What Node can never load is left out: engines for other platforms (240 MB) and bundles for browsers (108 MB).
FROM packages AS production-packages
RUN npm prune --omit=dev \
  && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 ! -path "*/linux/$(node -p process.arch)" -exec rm -rf {} + \
  && find node_modules/onnxruntime-web/dist -type f ! -name ort-web.node.js -delete \
  && rm -rf node_modules/@xenova/transformers/dist \
  && find node_modules -type d -empty -delete

FROM ${NODE_IMAGE} AS runtime
WORKDIR /app
COPY package.json LICENSE NOTICE ./
COPY --from=production-packages /app/node_modules node_modules
COPY model-store/models model-store/models
COPY --from=build /app/dist dist
ARG VERSION=0.5.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="inquiry-matching" \
  org.opencontainers.image.description="Reads each customer inquiry and decides which desk must answer it" \
  org.opencontainers.image.licenses="Apache-2.0 AND MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
# ONNX Runtime would report to its maker otherwise, and write to the disk for it.
ENV NODE_ENV=production ORT_DISABLE_TELEMETRY=1
# By number, so that Kubernetes can see that it is not root. Nothing in the image belongs to it and nothing is written.
# hadolint ignore=DL3066
USER 1000:1000
STOPSIGNAL SIGTERM

FROM runtime AS adapter
ENV HEALTH_HOST=0.0.0.0 HEALTH_PORT=3001
EXPOSE 3001
# Alive, not ready: an adapter that waits for Kafka or for a rebalance is in order.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HEALTH_PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/adapter/main.js"]

FROM runtime AS api
ENV HOST=0.0.0.0 PORT=3000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/api/server.js"]
