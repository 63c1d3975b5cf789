/**
 * Input for programs that compute for a second or two: always the same.
 */
import { Random } from './random.ts';

const SEED = 2005;

/** SQL for a table in memory: filled, indexed, changed, and read in many ways. */
export function writeStatements(): string {
  const lines = [
    'pragma temp_store = memory;',
    'create table t(id integer primary key, k integer, name text);',
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000)
       insert into t
       select i, (i * 7919) % 10007, printf('name %d', (i * 104729) % 1299709) from n;`,
    'create index t_k on t(k);',
    'create index t_name on t(name);',
  ];
  for (let round = 1; round <= 60; round++) {
    lines.push(
      `update t set name = name || '${round}' where k % 40 = ${round - 1};`,
      `delete from t where id % 97 = ${round};`,
      'select count(*), sum(k), min(name), max(name), total(length(name)) from t;',
      `select * from t where k = ${round * 17} order by name limit 100;`,
      `select k, group_concat(id) from t where k < ${round * 5} group by k having count(*) > 1;`,
    );
  }
  return lines.join('\n');
}

/** C source that needs no preprocessor: functions full of loops and arithmetic. */
export function writeSource(): string {
  const random = new Random(SEED);
  const functions = Array.from({ length: 150 }, (_, index) => {
    const [a, b, c] = [random.below(100), random.below(1000), random.below(31)];
    return `
unsigned f${index}(unsigned *values, unsigned count) {
  unsigned sum = ${a};
  for (unsigned i = 0; i < count; i++) {
    unsigned value = values[i] * ${b}u + (sum >> ${c});
    if (value % ${a + 2} == 1) sum ^= value << ${c};
    else for (unsigned j = i; j < count; j += ${a + 1}) sum += values[j] / (value | 1);
    switch (value & 7) {
      case 0: sum -= ${b}; break;
      case 3: sum *= ${a + 3}; break;
      case 5: values[i] = sum; break;
      default: sum = ~sum;
    }
  }
  return sum${index > 0 ? ` + f${index - 1}(values, count / 2)` : ''};
}
`;
  });
  return functions.join('');
}

/** Words, as compressible as prose: 8 MB. */
export function writeText(): Buffer {
  const random = new Random(SEED);
  const words = Array.from({ length: 5000 }, () =>
    Array.from({ length: 2 + random.below(9) }, () =>
      String.fromCharCode(97 + random.below(26)),
    ).join(''),
  );
  const text = Buffer.alloc(8 * 1024 * 1024);
  for (let at = 0; at < text.length;) {
    at += text.write(`${words[random.below(words.length)] ?? ''} `, at, 'latin1');
  }
  return text;
}
