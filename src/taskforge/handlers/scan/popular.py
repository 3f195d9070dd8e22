"""Names that impostors imitate, and packages that are given up: a bundled list with a date."""

from typing import NamedTuple

AS_OF = "2026-11"

_PYPI = """
aiobotocore aiofiles aiohttp aiosignal alembic annotated-types anthropic anyio argon2-cffi asgiref
asyncpg attrs azure-core azure-identity bandit bcrypt beautifulsoup4 black bleach boto3 botocore
cachetools celery certifi cffi charset-normalizer click cloudpickle colorama coverage cryptography
cython databricks-sql-connector datasets decorator distlib django djangorestframework dnspython
docker docutils dramatiq duckdb email-validator exceptiongroup execnet fastapi filelock flake8 flask
fonttools frozenlist fsspec gevent gitpython google-api-core google-auth google-cloud-storage
googleapis-common-protos granian greenlet grpcio gunicorn h11 hatchling hiredis httpcore httptools
httpx httpx2 huggingface-hub hypothesis idna importlib-metadata iniconfig ipython isort itsdangerous
jinja2 jmespath joblib jsonschema jupyter kiwisolver kombu langchain litestar lxml mako markdown
markupsafe matplotlib mccabe mistune more-itertools moto msgpack msgspec multidict mypy
mypy-extensions mysqlclient nltk notebook numpy oauthlib openai opencv-python openpyxl orjson
packaging pandas paramiko parsel pathspec pexpect pillow pip platformdirs playwright pluggy poetry
polars prometheus-client prompt-toolkit propcache protobuf psutil psycopg psycopg2 psycopg2-binary
pyarrow pyasn1 pycparser pycryptodome pydantic pydantic-core pygments pyjwt pylint pymongo pymysql
pynacl pyopenssl pyparsing pyright pyserial pytest pytest-asyncio pytest-cov pytest-xdist
python-dateutil python-dotenv python-multipart pytz pyyaml pyzmq redis referencing regex requests
requests-oauthlib rich rpds-py rsa ruff s3transfer scikit-learn scipy scrapy seaborn selenium
sentry-sdk setuptools shapely six sniffio snowflake-connector-python soupsieve sphinx sqlalchemy
sqlparse starlette stripe structlog sympy tabulate tenacity tensorflow threadpoolctl tokenizers
tomli tomlkit torch torchvision tornado tox tqdm traitlets transformers trio trustme twine typer
typing-extensions tzdata urllib3 uvicorn uvloop virtualenv watchfiles wcwidth websocket-client
websockets werkzeug wheel wrapt xgboost yarl zipp zope-interface zstandard
"""
PYPI_NAMES = frozenset(_PYPI.split())
_NPM = """
@angular/core @babel/core @types/node @types/react @vitejs/plugin-react ajv async autoprefixer axios
babel-loader bcrypt bluebird body-parser bootstrap chalk cheerio chokidar classnames commander
compression connect cookie-parser core-js cors cross-env cross-spawn crypto-js css-loader d3 dayjs
debug dotenv electron esbuild eslint eslint-config-prettier express express-session fastify firebase
fs-extra glob graphql gulp handlebars helmet husky immer inquirer ioredis jest jquery js-yaml jsdom
jsonwebtoken knex koa lodash lodash-es lru-cache markdown-it marked micromatch minimist mkdirp mocha
moment mongodb mongoose morgan multer mysql2 nanoid next node-fetch nodemailer nodemon passport
playwright postcss prettier prisma prop-types puppeteer qs querystring react react-dom react-redux
react-router react-router-dom recharts redis redux rimraf rollup rxjs sass semver sequelize sharp
socket.io storybook styled-components supertest svelte tailwindcss terser three ts-node tslib
typescript underscore uuid validator vite vitest vue vue-router vuex webpack webpack-cli winston ws
yargs zod zustand
"""
NPM_NAMES = frozenset(_NPM.split())


class GivenUp(NamedTuple):
    """A package, or its old versions, without care."""

    below: str
    """Versions below it; empty for all."""
    reason: str


PYPI_GIVEN_UP = {
    "pycrypto": GivenUp("", "unmaintained since 2013; use pycryptodome or cryptography"),
    "nose": GivenUp("", "unmaintained since 2015; use pytest"),
    "pil": GivenUp("", "unmaintained since 2009; use pillow"),
    "sklearn": GivenUp("", "a placeholder; the package is scikit-learn"),
    "distribute": GivenUp("", "merged into setuptools in 2013"),
    "mysql-python": GivenUp("", "no Python 3; use mysqlclient"),
    "boto": GivenUp("", "unmaintained since 2018; use boto3"),
    "asynctest": GivenUp("", "unmaintained; unittest and pytest-asyncio do its work"),
    "toml": GivenUp("", "unmaintained since 2020; use tomllib or tomli"),
    "python-jose": GivenUp("3.4", "versions before 3.4 have known flaws in key handling"),
    "django": GivenUp("4.2", "versions before 4.2 get no fixes any more"),
    "flask": GivenUp("2", "versions before 2 get no fixes any more"),
    "jinja2": GivenUp("3", "versions before 3 get no fixes any more"),
    "pyyaml": GivenUp("5.4", "versions before 5.4 load code from documents"),
    "urllib3": GivenUp("1.26", "versions before 1.26 get no fixes any more"),
    "requests": GivenUp("2.20", "versions before 2.20 send credentials to other hosts"),
    "sqlalchemy": GivenUp("1.4", "versions before 1.4 get no fixes any more"),
    "cryptography": GivenUp("41", "versions before 41 carry an OpenSSL without fixes"),
    "pillow": GivenUp("10", "versions before 10 get no fixes any more"),
    "tensorflow": GivenUp("2", "versions before 2 get no fixes any more"),
}
NPM_GIVEN_UP = {
    "request": GivenUp("", "deprecated in 2020; use fetch"),
    "node-sass": GivenUp("", "deprecated; use sass"),
    "tslint": GivenUp("", "deprecated in 2019; use eslint"),
    "bower": GivenUp("", "deprecated in 2017"),
    "left-pad": GivenUp("", "deprecated; use String.padStart"),
    "querystring": GivenUp("", "deprecated; use URLSearchParams"),
    "core-js": GivenUp("3", "versions before 3 are unmaintained"),
    "moment": GivenUp("", "in maintenance since 2020; use Temporal, dayjs or luxon"),
    "crypto-js": GivenUp("", "unmaintained since 2023; use the platform's crypto"),
}
