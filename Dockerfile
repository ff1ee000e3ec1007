# syntax=docker/dockerfile:1

FROM python:3.13-slim AS build
RUN pip install --no-cache-dir "uv>=0.9,<1"
ENV UV_PROJECT_ENVIRONMENT=/app \
    UV_PYTHON_DOWNLOADS=never \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1
WORKDIR /src
# The dependencies alone first: they change less often than the code.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --frozen --no-dev --no-install-project --no-cache
COPY server server
COPY tools tools
COPY backends backends
COPY examples examples
RUN uv sync --frozen --no-dev --no-editable --no-cache

FROM python:3.13-slim
LABEL io.modelcontextprotocol.server.name="io.github.files-api-mcp/files-api-mcp" \
      org.opencontainers.image.title="files-api-mcp" \
      org.opencontainers.image.licenses="MIT"
# The folder is made here, so that a new volume gets its owner.
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin files \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /app /app
COPY docs/publishing/healthcheck.py /usr/local/lib/files-api-mcp/healthcheck.py
ENV PATH=/app/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    FILES_API_MCP_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8765
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python", "-I", "/usr/local/lib/files-api-mcp/healthcheck.py"]
# The server handles SIGTERM and SIGINT itself, and waits for its workers: it is fit to be process 1.
ENTRYPOINT ["files-api-mcp"]
CMD ["serve", "/files"]
