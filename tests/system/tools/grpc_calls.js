// SPDX-License-Identifier: MIT
// grpc_calls.js ADDRESS [FOLDER]: @grpc/grpc-js as a client of tests/system/grpc_tool; see
// grpc_calls.py. The module is found by NODE_PATH.
'use strict';
const fs = require('fs');
const grpc = require('@grpc/grpc-js');

const [address, folder] = process.argv.slice(2);
const raw = (b) => b;

function say(got, wanted, what) {
	console.log(`${got}\t${wanted}\t${what}`);
}

function code(e) {
	return e ? `${grpc.status[e.code]} ${e.details}` : 'OK';
}

function unary(client, name, request, metadata = new grpc.Metadata(), options = {}) {
	options.deadline = options.deadline || Date.now() + 20000;
	return new Promise((resolve) => {
		client.makeUnaryRequest(`/test.Test/${name}`, raw, raw, request, metadata, options,
			(e, reply) => resolve(e ? code(e) : reply));
	});
}

// How many messages, and the status.
function stream(client, request, cancelAfter) {
	return new Promise((resolve) => {
		let n = 0;
		const call = client.makeServerStreamRequest('/test.Test/Stream', raw, raw, request,
			new grpc.Metadata(), { deadline: Date.now() + 60000 });
		call.on('data', () => { if (++n === cancelAfter) call.cancel(); });
		call.on('error', (e) => resolve(`${cancelAfter ? 'some' : n} ${code(e)}`));
		call.on('end', () => resolve(`${n} OK`));
	});
}

function chat(client, texts) {
	return new Promise((resolve) => {
		const got = [];
		const call = client.makeBidiStreamRequest('/test.Test/Chat', raw, raw,
			new grpc.Metadata(), { deadline: Date.now() + 20000 });
		call.on('data', (b) => got.push(b.toString()));
		call.on('error', (e) => resolve(code(e)));
		call.on('end', () => resolve(got.join(',')));
		texts.forEach((t) => call.write(Buffer.from(t)));
		call.end();
	});
}

async function plain() {
	const client = new grpc.Client(address, grpc.credentials.createInsecure(),
		{ 'grpc.max_receive_message_length': -1 });
	const meta = new grpc.Metadata();

	say(await unary(client, 'Echo', Buffer.from('hello')), 'hello', 'unary');
	const big = Buffer.alloc(4000000, 'z');
	say((await unary(client, 'Echo', big)).equals(big), true, 'a message of 4 MB');
	say(await unary(client, 'Nope', Buffer.alloc(0)),
		'UNIMPLEMENTED unknown method /test.Test/Nope', 'unknown method');
	say(await unary(client, 'Fail', Buffer.from('5 50 % weg, ü')), 'NOT_FOUND 50 % weg, ü', 'a status');
	meta.set('x-hello', 'wor ld');
	say((await unary(client, 'Meta', Buffer.from('x-hello'), meta)).toString().split('|')[0],
		'wor ld', 'metadata');
	say((await unary(client, 'Silent', Buffer.alloc(0), undefined,
		{ deadline: Date.now() + 300 })).split(' ')[0], 'DEADLINE_EXCEEDED', 'a deadline');
	say(await stream(client, Buffer.from('20000 300')), '20000 OK', 'a stream of 20,000 messages');
	say(await stream(client, Buffer.from('100000000 300'), 5), 'some CANCELLED Cancelled on client',
		'a stream that is cancelled');
	const many = Array.from({ length: 1000 }, () => stream(client, Buffer.from('20 300')));
	say((await Promise.all(many)).filter((r) => r === '20 OK').length, 1000, '1,000 streams at once');
	say(await chat(client, ['a', '', 'c']), 'a,,c', 'streams both ways');
	client.close();
}

async function ask(ca, cert) {
	const read = (name) => (name ? fs.readFileSync(`${folder}/${name}`) : null);
	const client = new grpc.Client(address,
		grpc.credentials.createSsl(read(`${ca}.crt`), read(cert && `${cert}.key`), read(cert && `${cert}.crt`)),
		{ 'grpc.ssl_target_name_override': 'localhost' });
	const got = await unary(client, 'Meta', Buffer.from('x'), undefined, { deadline: Date.now() + 5000 });
	client.close();
	return got.toString().split(' ').at(-1).startsWith('(CN=') ? got.toString().split(' ').at(-1) : got.split(' ')[0];
}

async function encrypted() {
	say(await ask('good', 'client'), '(CN=client)', 'TLS with a client\'s certificate');
	say(await ask('good', null), 'UNAVAILABLE', 'TLS without one');
	say(await ask('good', 'stranger'), 'UNAVAILABLE', 'a certificate of another CA');
	say(await ask('other', 'client'), 'UNAVAILABLE', 'a client that trusts another CA');
}

(folder ? encrypted() : plain()).catch((e) => say(e.stack.split('\n')[0], '', 'no exception'));
