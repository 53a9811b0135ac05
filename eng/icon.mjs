// Draws src/Bff.AspNetCore/icon.png, the icon of the packages: a key hole in a shield. 'node eng/icon.mjs' writes it anew, the same bytes each time.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';

const size = 128, samples = 4;
const ink = [31, 78, 121], paper = [255, 255, 255];

/** What is at a point, in units of the icon's width: null outside of the shield. */
const colourAt = (x, y) => {
  const half = y < 0.5 ? 0.36 : 0.36 * Math.sqrt(Math.max(0, 1 - ((y - 0.5) / 0.44) ** 2));
  if (y < 0.08 || y > 0.94 || Math.abs(x - 0.5) > half) return null;
  const inHole = (x - 0.5) ** 2 + (y - 0.4) ** 2 < 0.105 ** 2;
  const inSlot = y > 0.4 && y < 0.68 && Math.abs(x - 0.5) < 0.035 + (y - 0.4) * 0.13;
  return inHole || inSlot ? paper : ink;
};

const pixel = (column, row) => {
  const sum = [0, 0, 0, 0];
  for (let i = 0; i < samples * samples; i++) {
    const colour = colourAt((column + (i % samples + 0.5) / samples) / size, (row + (Math.floor(i / samples) + 0.5) / samples) / size);
    if (colour) [...colour, 255].forEach((value, at) => { sum[at] += value; });
  }
  const covered = sum[3] / 255;
  return covered === 0 ? [0, 0, 0, 0] : [...sum.slice(0, 3).map((value) => Math.round(value / covered)), Math.round(sum[3] / (samples * samples))];
};

const rows = Array.from({ length: size }, (_, row) => [0, ...Array.from({ length: size }, (__, column) => pixel(column, row)).flat()]);
const uint = (value) => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value); return bytes; };
const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([uint(data.length), body, uint(crc32(body))]);
};

const header = Buffer.concat([uint(size), uint(size), Buffer.from([8, 6, 0, 0, 0])]);
const png = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.from(rows.flat()), { level: 9 })),
  chunk('IEND', Buffer.alloc(0)),
]);
writeFileSync(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'Bff.AspNetCore', 'icon.png'), png);
