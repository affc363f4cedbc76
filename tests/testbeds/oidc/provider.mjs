// provider.mjs FOLDER SETTINGS: serve the certified oidc-provider, whose packages are in FOLDER, on loopback.
// Its own forms of development log in everybody who gives a name; the name is the subject.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [folder, file] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(file, 'utf8'));
const { Provider } = await import(pathToFileURL(`${folder}/node_modules/oidc-provider/lib/index.js`));

const scope = 'openid profile email';
const client = (id, more) => ({
  client_id: id,
  client_name: 'RECAST',
  application_type: 'native', // of a loopback address any port will do (RFC 8252)
  redirect_uris: ['http://127.0.0.1/login/oidc/return'],
  grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
  response_types: ['code'],
  scope,
  ...more,
});

const provider = new Provider(settings.issuer, {
  clients: [
    client('recast', { client_secret: settings.secret, token_endpoint_auth_method: 'client_secret_basic' }),
    client('recast-public', { token_endpoint_auth_method: 'none' }),
  ],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'], email: ['email', 'email_verified'] },
  features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
  pkce: { required: () => true },
  cookies: { keys: [settings.secret] },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({
      sub,
      name: `${sub} of the test-bed`,
      preferred_username: sub,
      groups: ['administrator', 'operator'], // nobody becomes anything by this
      email: `${sub}@example.org`,
      email_verified: sub !== 'mallory',
    }),
  }),
});
provider.listen(settings.port, '127.0.0.1', () => console.log('ready'));
