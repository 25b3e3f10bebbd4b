// A room on Node.js `ws`: each message is made into text once and sent to every member in a loop. Nothing is stored.
"use strict";
const http = require("node:http");
const { randomUUID } = require("node:crypto");
const { WebSocketServer } = require("ws");

const members = new Set();
let sira = 0;

function mesaj(name, request) {
  sira += 1;
  return JSON.stringify({
    tip: "mesaj",
    oda_id: request.oda_id,
    sira,
    mesaj: {
      id: randomUUID().replaceAll("-", ""),
      oda_id: request.oda_id,
      sira,
      gonderen_id: name,
      gonderen_ad: name,
      icerik: request.icerik,
      tip: "metin",
      zaman: new Date().toISOString(),
      misafir: true,
      simulated: false,
      yanit: null,
      yanit_ozet: null,
      duzenlendi: null,
      silindi: false,
      tepkiler: [],
      bahsedilenler: [],
      istemci_id: request.istemci_id,
      ekler: [],
    },
  });
}

const server = http.createServer((_request, response) => response.end("ok"));
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket, incoming) => {
  const name = incoming.url.split("/").pop();
  socket.on("message", (data) => {
    const request = JSON.parse(data);
    if (request.tip === "oda_katil") {
      members.add(socket);
      socket.send(JSON.stringify({ tip: "oda_katilim", oda_id: request.oda_id }));
    } else if (request.tip === "mesaj_gonder") {
      const bytes = Buffer.from(mesaj(name, request));
      for (const member of members) member.send(bytes, { binary: false });
      socket.send(JSON.stringify({ tip: "mesaj_onay", istemci_id: request.istemci_id, sira }));
    }
  });
  socket.on("close", () => members.delete(socket));
  socket.on("error", () => members.delete(socket));
  socket.send(JSON.stringify({ tip: "sistem" }));
});
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 2048 });
