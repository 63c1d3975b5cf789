/** Each reason for which the kernel refuses to trace has its name: the table of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNotPermitted, type Target } from '../../src/launch/why-not-permitted.ts';

const all = (id: number) => ({ real: id, effective: id, saved: id, fileSystem: id });
const us = { uid: all(1000), gid: all(100), permitted: 0n };
const own: Target = { ...us, owner: 1000 };

const TABLE: readonly [string, Partial<Target>, number, RegExp, RegExp][] = [
  ['another user', { uid: all(7) }, 0, /belongs to user 7, and you are 1000$/, /that user, or as/],
  [
    'set-user-ID',
    { uid: { ...all(0), real: 1000 }, owner: 0 },
    0,
    /of user 0, .*set-user/,
    /as root/,
  ],
  ['saved set-user-ID', { uid: { ...all(1000), saved: 5 }, owner: 0 }, 0, /user 5, too/, /as root/],
  ['set-group-ID', { gid: { ...all(100), effective: 4 } }, 0, /rights of group 4/, /as root/],
  ['capabilities', { permitted: 1n << 13n, owner: 0 }, 0, /capabilities/, /as root/],
  ['not dumpable', { owner: 0 }, 0, /not dumpable: .*PR_SET_DUMPABLE/, /as root/],
  ['not dumpable, and Yama', { owner: 0 }, 1, /not dumpable/, /as root/],
  ['Yama: descendants', {}, 1, /Yama .*ptrace_scope is 1/, /PR_SET_PTRACER/],
  ['Yama: root', {}, 2, /Yama .*ptrace_scope is 2/, /as root/],
  ['Yama: nobody', {}, 3, /Yama .*ptrace_scope is 3/, /nobody/],
  ['something else', {}, 0, /^not permitted$/, /belay doctor/],
];

for (const [name, differences, yama, why, hint] of TABLE) {
  test(name, () => {
    const forbidden = whyNotPermitted(us, { ...own, ...differences }, yama);
    assert.match(forbidden.why, why);
    assert.match(forbidden.hint, hint);
  });
}

test('root that lacks the capability is not told to be root', () => {
  const root = { uid: all(0), gid: all(0), permitted: 0n };
  assert.match(whyNotPermitted(root, own, 0).hint, /CAP_SYS_PTRACE/);
});
