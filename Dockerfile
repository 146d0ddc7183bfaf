# The image of node-agent: Node.js with the libraries that it is linked against, and one bundled file. No shell, no package
# manager, nothing else.
#
#   docker build --target slim --tag node-agent:0.1.0 .
#
# NODE_IMAGE  where Node.js comes from: any image with a shell and Node.js at /usr/local/bin/node, and npm for BUNDLE=
# BUNDLE      empty: the bundle is built here. dist/node-agent.cjs: the one that is there is taken, such as one that was tested
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
ARG BUNDLE=
WORKDIR /src
COPY package.json package-lock.json ./
RUN [ -n "$BUNDLE" ] || npm ci --ignore-scripts
COPY . .
RUN [ -n "$BUNDLE" ] || node build.ts
# The libraries as the loader names them: "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x7f…)".
# The image has no env(1) for the first line of the bundle.
RUN mkdir -p /image/usr/local/bin && cp /usr/local/bin/node /image/usr/local/bin/ \
 && for library in $(LD_TRACE_LOADED_OBJECTS=1 /usr/local/bin/node | sed -nE 's/^.*[[:space:]](\/[^ ]+) \(0x.*/\1/p'); do \
      mkdir -p "/image$(dirname "$library")" && cp -L "$library" "/image$library"; \
    done \
 && sed '1s|^#!.*|#!/usr/local/bin/node|' "${BUNDLE:-dist/node-agent.cjs}" > /image/usr/local/bin/node-agent \
 && chmod 755 /image/usr/local/bin/node-agent

FROM scratch AS slim
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="node-agent" \
      org.opencontainers.image.description="Node-health agent for Kubernetes: which problems hold on this node, and who causes them" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /image /
# As in `npm start`: the heap stays small, and garbage of a cycle dies young.
ENV PATH=/usr/local/bin NODE_OPTIONS="--max-semi-space-size=4 --max-old-space-size=64"
ENTRYPOINT ["/usr/local/bin/node-agent"]
CMD ["run"]
