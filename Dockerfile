# syntax=docker/dockerfile:1

# Compiles e2d, and fetches the etcd that the image carries: checked against the checksums in e2d.
FROM node:22-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY machines machines
COPY src src
RUN npx tsc
RUN node dist/src/cli/main.js etcd install --etcd-cache-dir /opt/etcd

FROM node:22-bookworm-slim
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="e2d" \
      org.opencontainers.image.description="Runs highly available etcd clusters" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production \
    E2D_DATA_DIR=/data \
    E2D_ETCD_CACHE_DIR=/opt/etcd
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY --from=build /opt/etcd /opt/etcd
COPY --from=build /build/dist dist
COPY --from=build /build/src/inspect-page/page src/inspect-page/page
COPY visualizations visualizations
COPY docs/sbom.cdx.json docs/sbom.cdx.json
RUN chmod 0755 dist/src/cli/main.js \
 && ln -s /app/dist/src/cli/main.js /usr/local/bin/e2d \
 && install -d -o node -g node -m 0700 /data
USER node

# etcd's data, and e2d's own files under /data/e2d. What is not kept here is gone with the container.
VOLUME /data

# Clients, peers, gossip.
EXPOSE 2379 2380 7980/tcp 7980/udp

# e2d handles SIGTERM itself; it needs time to hand leadership over and to stop etcd:
# give `docker stop` at least --time 60, and run with --init.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["e2d", "status"]
ENTRYPOINT ["e2d"]
CMD ["run"]
