// A real OpenID Connect provider for tests: oidc-provider on a free port of this machine, with its own sign-in page.
// Prints its address as one line; whoever types a login name gets in with any password.

import { Provider } from "oidc-provider";

const [redirect, secret] = process.argv.slice(2);
const server = await import("node:http").then(({ createServer }) => createServer());
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "yinxin",
      client_secret: secret,
      redirect_uris: [redirect],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
    },
  ],
  claims: { openid: ["sub"], profile: ["preferred_username"] },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id.replace("subject-of-", "") }),
  }),
  pkce: { required: () => true },
  cookies: { keys: ["only for tests"] },
});
server.on("request", provider.callback());
console.log(issuer);
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
