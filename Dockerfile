# The `oxyde` command alone: a static binary for migrations, without Python and without a shell.
#   docker run --rm -v "$PWD:/project" -e DATABASE_URL ghcr.io/mr-fatalyst/oxyde migrate --wait 60s
FROM rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev gcc make
WORKDIR /source
COPY . .
ENV RUSTFLAGS=--remap-path-prefix=/usr/local/cargo=/cargo
RUN cargo build --release --locked -p oxyde-cli && cp target/release/oxyde /oxyde

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /oxyde /oxyde
COPY LICENSE THIRD-PARTY-LICENSES.txt /licenses/
WORKDIR /project
ENTRYPOINT ["/oxyde"]
CMD ["--help"]
