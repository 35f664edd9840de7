// SPDX-License-Identifier: MIT
// An agent's API by @grpc/grpc-js: api_calls.js ADDRESS. Lines "got<TAB>wanted<TAB>what".
// Descriptors come from the server by reflection alone where protos are needed; the few
// fields that are looked at are read from the wire.
'use strict';
const grpc = require('@grpc/grpc-js');

const client = new grpc.Client(process.argv[2], grpc.credentials.createInsecure());
const raw = (b) => b;
const say = (got, wanted, what) => console.log(`${got}\t${wanted}\t${what}`);
const deadline = () => ({ deadline: Date.now() + 10000 });

// The fields of a message: number -> values (numbers, or bytes).
function fields(bytes) {
	const found = {};
	let at = 0;
	const varint = () => {
		let value = 0n, shift = 0n, byte;
		do {
			byte = bytes[at++];
			value |= BigInt(byte & 0x7f) << shift;
			shift += 7n;
		} while (byte & 0x80);
		return value;
	};
	while (at < bytes.length) {
		const tag = Number(varint()), number = tag >> 3;
		let value;
		if ((tag & 7) === 0) value = varint();
		else if ((tag & 7) === 1) { value = bytes.subarray(at, at + 8); at += 8; }
		else if ((tag & 7) === 5) { value = bytes.subarray(at, at + 4); at += 4; }
		else { const n = Number(varint()); value = bytes.subarray(at, at + n); at += n; }
		(found[number] ||= []).push(value);
	}
	return found;
}

const field = (number, bytes) => Buffer.concat([Buffer.from([number << 3 | 2, bytes.length]), bytes]);

function unary(path, request) {
	return new Promise((done) => client.makeUnaryRequest(path, raw, raw, request,
		new grpc.Metadata(), deadline(), (error, answer) => done({ error, answer })));
}

function stream(path, request) {
	return new Promise((done) => {
		const call = client.makeServerStreamRequest(path, raw, raw, request, new grpc.Metadata(), deadline());
		const got = [];
		call.on('data', (m) => got.push(m));
		call.on('error', () => {});
		call.on('status', (status) => done({ got, status }));
	});
}

// One question, one answer, then the client's end.
function reflect(version, request) {
	return new Promise((done) => {
		const call = client.makeBidiStreamRequest(
			`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`, raw, raw,
			new grpc.Metadata(), deadline());
		const got = [];
		call.on('data', (m) => got.push(m));
		call.on('error', () => {});
		call.on('status', (status) => done({ got, status }));
		call.write(request);
		call.end();
	});
}

async function main() {
	const status = await unary('/observer.Observer/ServerStatus', Buffer.alloc(0));
	const s = status.answer ? fields(status.answer) : {};
	say(s[8] && s[8][0].toString().startsWith('pitot '), true, 'ServerStatus: its version');
	say(s[3] && s[3][0] >= s[1][0], true, 'ServerStatus: seen are as many as held');

	const three = await stream('/observer.Observer/GetFlows', Buffer.from([1 << 3, 3]));
	say(three.status.code, 0, 'GetFlows: status');
	say(three.got.length, 3, 'GetFlows: as many as asked for');
	const flow = fields(fields(three.got[0])[1][0]);
	say(flow[100000].length, 1, 'GetFlows: a flow has its summary');

	const both = await stream('/observer.Observer/GetFlows', Buffer.from([3 << 3, 1, 9 << 3, 1]));
	say(both.status.code, grpc.status.INVALID_ARGUMENT, 'GetFlows: first and follow');
	say(both.status.details, 'first cannot be specified with follow', 'GetFlows: and why');

	const debug = await stream('/observer.Observer/GetDebugEvents', Buffer.alloc(0));
	say(debug.status.code, grpc.status.UNIMPLEMENTED, 'GetDebugEvents');
	const health = await unary('/grpc.health.v1.Health/Check',
		field(1, Buffer.from('hubble.server.Observer')));
	say(health.answer && health.answer.toString('hex'), '0801', 'Health: SERVING');
	const other = await unary('/grpc.health.v1.Health/Check', field(1, Buffer.from('x')));
	say(other.error.code, grpc.status.NOT_FOUND, 'Health: of another');

	for (const version of ['v1', 'v1alpha']) {
		const list = await reflect(version, field(7, Buffer.from('*')));
		const names = fields(fields(list.got[0])[6][0])[1].map((x) => fields(x)[1][0].toString());
		say(names.includes('observer.Observer') && names.includes('peer.Peer'), true,
			`reflection ${version}: services`);
		const file = await reflect(version, field(4, Buffer.from('observer.Observer')));
		say(fields(fields(file.got[0])[4][0])[1].length > 3, true,
			`reflection ${version}: a file and what it needs`);
		say(file.status.code, 0, `reflection ${version}: status`);
	}
	client.close();
}

main();
