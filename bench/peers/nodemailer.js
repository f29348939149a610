// nodemailer's pool, tuned: node nodemailer.js WORK PORT CONNECTIONS
const fs = require("fs");
const nodemailer = require("nodemailer");
const work = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const transport = nodemailer.createTransport({
  pool: true, host: "127.0.0.1", port: +process.argv[3], secure: false, ignoreTLS: true,
  maxConnections: +process.argv[4], maxMessages: Infinity,
});
const pdf = fs.readFileSync(work.pdf);
const fill = (text, person) => text.replaceAll("{{name}}", person.name).replaceAll("{{email}}", person.email);
const began = performance.now(), spent = process.cpuUsage();
(async () => {
  const queue = work.people.values();
  const lane = async () => {
    for (const person of queue) {
      await transport.sendMail({
        from: work.sender, to: { name: person.name, address: person.email }, subject: work.subject,
        text: fill(work.text, person), html: fill(work.html, person),
        attachments: [{ filename: work.filename, content: pdf, contentType: "application/pdf" }],
      });
    }
  };
  await Promise.all(Array.from({ length: 2 * process.argv[4] }, lane));
  const cpu = process.cpuUsage(spent);
  console.log(JSON.stringify({
    seconds: (performance.now() - began) / 1000, cpu: (cpu.user + cpu.system) / 1e6,
    peak_kilobytes: process.resourceUsage().maxRSS,
  }));
  transport.close();
})();
