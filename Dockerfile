# One image: the package and the clinical content. Runs as a user without rights, and with a
# read-only root file system when /data is a volume.
FROM python:3.11-slim AS build
WORKDIR /build
COPY .ci/requirements.lock ./
RUN python -m venv /venv \
    && /venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin cds \
    && mkdir /data && chown cds /data
COPY --from=build /venv /venv
WORKDIR /app
COPY cds_service ./cds_service
COPY cards ./cards
COPY .ci/sbom.cdx.json ./
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CDS_PROFILE=production \
    CDS_DATABASE_URL=sqlite:////data/cds.sqlite3
USER 10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s CMD ["python", "-c", \
    "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
CMD ["python", "-m", "cds_service", "serve", "--host", "0.0.0.0", "--port", "8080", \
    "--workers", "2", "--threads", "8"]
