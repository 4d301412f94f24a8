import { createSocket } from 'node:dgram';

/** Sends one datagram from a port of its own at `from`. */
export async function sendDatagram(
  bytes: Uint8Array,
  to: { readonly addr: string; readonly port: number },
  from: string,
): Promise<void> {
  const socket = createSocket('udp4');
  try {
    await new Promise<void>((resolve) => socket.bind(0, from, resolve));
    await new Promise<void>((resolve, reject) => {
      socket.send(bytes, to.port, to.addr, (error) => (error === null ? resolve() : reject(error)));
    });
  } finally {
    socket.close();
  }
}
