// terminal-picture.js: what a terminal shows, as an SVG picture for the guide: `tmux capture-pane -ep | node scripts/terminal-picture.js > docs/pictures/status.svg`.
// Reads text with the escape sequences for colours (SGR) from standard input. Empty lines at the end are left out.
import { readFileSync } from "node:fs";

const CELL = { width: 8.4, height: 18 };
const PAD = 14;
const COLOURS = ["#2e3436", "#e5534b", "#57ab5a", "#c69026", "#539bf5", "#b083f0", "#39c5cf", "#adbac7"];
const BRIGHT = ["#768390", "#ff938a", "#6bc46d", "#daaa3f", "#6cb6ff", "#dcbdfb", "#56d4dd", "#f0f3f6"];
const PLAIN = { fg: "#d7dde4", bg: null, bold: false, dim: false, italic: false, underline: false, inverse: false };
const GROUND = "#1c2128";

const CUBE = [0, 95, 135, 175, 215, 255];
const grey = value => `rgb(${value},${value},${value})`;
/** One of the 256 colours. */
function indexed(number) {
  if (number < 8) return COLOURS[number];
  if (number < 16) return BRIGHT[number - 8];
  if (number > 231) return grey(8 + (number - 232) * 10);
  const at = number - 16;
  return `rgb(${CUBE[Math.floor(at / 36)]},${CUBE[Math.floor(at / 6) % 6]},${CUBE[at % 6]})`;
}

function styled(style, codes) {
  const next = { ...style };
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at];
    const place = code === 38 ? "fg" : "bg";
    if (code === 0) Object.assign(next, PLAIN);
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.underline = true;
    else if (code === 7) next.inverse = true;
    else if (code === 22) Object.assign(next, { bold: false, dim: false });
    else if (code === 23) next.italic = false;
    else if (code === 24) next.underline = false;
    else if (code === 27) next.inverse = false;
    else if (code >= 30 && code <= 37) next.fg = COLOURS[code - 30];
    else if (code >= 40 && code <= 47) next.bg = COLOURS[code - 40];
    else if (code >= 90 && code <= 97) next.fg = BRIGHT[code - 90];
    else if (code >= 100 && code <= 107) next.bg = BRIGHT[code - 100];
    else if (code === 39) next.fg = PLAIN.fg;
    else if (code === 49) next.bg = null;
    else if ((code === 38 || code === 48) && codes[at + 1] === 5) {
      next[place] = indexed(codes[at + 2]);
      at += 2;
    } else if ((code === 38 || code === 48) && codes[at + 1] === 2) {
      next[place] = `rgb(${codes.slice(at + 2, at + 5).join(",")})`;
      at += 4;
    }
  }
  return next;
}

// Several spaces would be drawn as one.
const escaped = text => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(" ", "\u00a0");

function drawn(line, row, style) {
  let column = 0;
  const shapes = [];
  for (const part of line.split(/(\x1b\[[\d;]*m)/)) {
    const sequence = /^\x1b\[([\d;]*)m$/.exec(part);
    if (sequence) {
      style = styled(style, sequence[1].split(";").map(Number));
      continue;
    }
    const length = [...part].length;
    const left = part.length - part.trimStart().length;
    const text = part.trim();
    const [x, y, width] = [PAD + column * CELL.width, PAD + row * CELL.height, length * CELL.width].map(Math.round);
    const [textX, textWidth] = [PAD + (column + left) * CELL.width, [...text].length * CELL.width].map(Math.round);
    const [fg, bg] = style.inverse ? [style.bg ?? GROUND, style.fg] : [style.fg, style.bg];
    if (bg !== null && length > 0) shapes.push(`<rect x="${x}" y="${y}" width="${width}" height="${CELL.height}" fill="${bg}"/>`);
    if (text !== "") {
      const ways = [
        `x="${textX}" y="${y + 13}" textLength="${textWidth}" fill="${fg}"`,
        ...(style.bold ? ['font-weight="bold"'] : []),
        ...(style.dim ? ['opacity="0.6"'] : []),
        ...(style.italic ? ['font-style="italic"'] : []),
        ...(style.underline ? ['text-decoration="underline"'] : []),
      ];
      shapes.push(`<text ${ways.join(" ")}>${escaped(text)}</text>`);
    }
    column += length;
  }
  return { shapes, columns: column, style };
}

const lines = readFileSync(0, "utf8").replace(/\s+$/, "").split("\n");
const shapes = [];
let style = PLAIN;
let columns = 80;
for (const [row, line] of lines.entries()) {
  const drawing = drawn(line, row, style);
  style = drawing.style;
  columns = Math.max(columns, drawing.columns);
  shapes.push(...drawing.shapes);
}
const [width, height] = [Math.ceil(columns * CELL.width + 2 * PAD), lines.length * CELL.height + 2 * PAD];
console.log(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" xml:space="preserve"
  font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
<rect width="100%" height="100%" rx="8" fill="${GROUND}"/>
${shapes.join("\n")}
</svg>`);
