// Reads SQL statements, answers what TiDB's own parser says of each.
//
// Both ways a message is a big endian u32 length and so many bytes. An empty answer: accepted.
package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"log"
	"os"

	"github.com/pingcap/tidb/pkg/parser"
	_ "github.com/pingcap/tidb/pkg/parser/test_driver"
)

func main() {
	log.SetFlags(0)
	in, out := bufio.NewReaderSize(os.Stdin, 1<<20), bufio.NewWriter(os.Stdout)
	sql := parser.New()
	sql.SetStrictDoubleTypeCheck(true) // as the server's own sessions do
	for {
		statement, err := read(in)
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		if err := write(out, refusal(sql, statement)); err != nil {
			log.Fatal(err)
		}
	}
}

func refusal(sql *parser.Parser, statement string) string {
	_, _, err := sql.ParseSQL(statement, parser.CharsetConnection("utf8mb4"), parser.CollationConnection("utf8mb4_bin"), parser.CharsetClient("utf8mb4"))
	if err != nil {
		return err.Error()
	}
	return ""
}

func read(in io.Reader) (string, error) {
	var size uint32
	if err := binary.Read(in, binary.BigEndian, &size); err != nil {
		return "", err
	}
	statement := make([]byte, size)
	_, err := io.ReadFull(in, statement)
	return string(statement), err
}

func write(out *bufio.Writer, answer string) error {
	if err := binary.Write(out, binary.BigEndian, uint32(len(answer))); err != nil {
		return err
	}
	if _, err := out.WriteString(answer); err != nil {
		return err
	}
	return out.Flush()
}
