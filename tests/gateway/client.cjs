// What a sender does with the npm package @xapi/xapi: node client.cjs PACKAGE ENDPOINT USER KEY
const [, , folder, endpoint, user, key] = process.argv;
const XAPI = require(folder);
const client = new XAPI.default({ endpoint, auth: XAPI.default.toBasicAuth(user, key), version: "1.0.3" });

const passed = (lesson) => ({
  actor: { objectType: "Agent", mbox: "mailto:ana@example.net", name: "Ana Alvarez" },
  verb: XAPI.default.Verbs.PASSED,
  object: { id: `https://content.example.net/lockout/${lesson}` },
});

async function main() {
  const sent = await client.sendStatement({ statement: passed(1) });
  const batch = await client.sendStatements({ statements: [passed(2), passed(3)] });
  const one = await client.getStatement({ statementId: sent.data[0] });
  const whole = await client.getStatement({ statementId: sent.data[0], attachments: true });
  const first = await client.getStatements({ verb: passed(1).verb.id, limit: 2, ascending: true });
  const rest = await client.getMoreStatements({ more: first.data.more });
  const voided = await client.voidStatement({ actor: passed(1).actor, statementId: sent.data[0] });
  const gone = await client.getVoidedStatement({ voidedStatementId: sent.data[0] });
  const about = await client.getAbout();
  const refused = await client.sendStatement({ statement: { verb: { id: "no" } } }).catch((error) => error.response);
  const of = { agent: passed(1).actor, activityId: passed(1).object.id };
  const state = { ...of, stateId: "bookmark" };
  await client.setState({ ...state, state: { page: 7 } });
  await client.createState({ ...state, state: { sound: true } });
  const kept = await client.getState(state);
  const profile = { agent: of.agent, profileId: "settings" };
  await client.createAgentProfile({ ...profile, profile: { sound: true } });
  const settings = await client.getAgentProfile(profile);
  const changed = { ...profile, profile: { sound: false }, matchHeader: "If-Match" };
  await client.setAgentProfile({ ...changed, etag: settings.headers.etag });
  const late = await client.setAgentProfile({ ...changed, etag: settings.headers.etag }).catch((error) => error.response);
  const course = { activityId: of.activityId, profileId: "course" };
  await client.createActivityProfile({ ...course, profile: { pages: 9 } });
  const deleted = await client.deleteActivityProfile({ ...course, etag: "*" });
  const person = await client.getAgent({ agent: of.agent });
  const activity = await client.getActivity({ activityId: of.activityId });
  console.log(
    JSON.stringify({
      ids: batch.data.length,
      name: one.data.actor.name,
      parts: whole.data.length,
      first: first.data.statements.length,
      rest: rest.data.statements.length,
      voided: voided.status,
      gone: gone.data.id === sent.data[0],
      versions: about.data.version,
      refused: refused.status,
      state: kept.data,
      states: (await client.getStates(of)).data,
      late: late.status,
      deleted: deleted.status,
      person: person.data.mbox,
      activity: activity.data.id,
    }),
  );
}

main().catch((error) => {
  console.error(error.message, error.response && error.response.data);
  process.exit(1);
});
