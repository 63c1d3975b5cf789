;;; SBCL's collector finds what was written by write-protection faults.
(defun work ()
  (let ((table (make-hash-table)) (sum 0))
    (dotimes (i 300000)
      (setf (gethash (mod i 3000) table) (make-array (mod i 50)))
      (incf sum (hash-table-count table)))
    (gc :full t)
    sum))
(format t "total ~a~%" (work))
