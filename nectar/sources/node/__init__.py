"""A running node, over its own socket: the Node-to-Client protocol (ouroboros-network), spoken without a helper.

`mux`, `handshake`, `chain_sync` and `state_query` are functions over bytes; `connection` alone touches a socket.
"""
